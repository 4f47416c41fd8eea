// A long list to choose from becomes a field to type in; with data-url its options come from the server.
import TomSelect from "tom-select/base";

export function dressPickers(root) {
  root.querySelectorAll("select[data-picker]:not(.tomselected)").forEach((select) => {
    const { url } = select.dataset;
    const remote = url && {
      valueField: "value",
      labelField: "label",
      searchField: [],
      load: (typed, done) => fetch(`${url}?q=${encodeURIComponent(typed)}`, { headers: { Accept: "application/json" } })
        .then((answer) => answer.json())
        .then(({ options }) => done(options), () => done()),
    };
    new TomSelect(select, { maxOptions: 200, ...remote });
  });
}
