// A long list to choose from becomes a field to type in. Its choices open above everything, so no frame cuts them off.
import TomSelect from "tom-select/base";

export function dressPickers(root) {
  root.querySelectorAll("select[data-picker]:not(.tomselected)").forEach((select) => {
    const picker = new TomSelect(select, { maxOptions: 200, dropdownParent: "body" });
    picker.control_input.setAttribute("aria-label", select.getAttribute("aria-label") ?? select.labels[0]?.textContent ?? "");
  });
}
