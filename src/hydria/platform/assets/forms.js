// Nothing typed is lost: a form with data-draft keeps its fields for this browser tab until it has been accepted.
// A second submit of the same form waits for the answer to the first.

const keyOf = (form) => `draft:${location.pathname}:${form.dataset.draft}`;
const kept = (form) => [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type));

function saveDraft(form) {
  const values = kept(form).map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? field.checked : field.value]);
  sessionStorage.setItem(keyOf(form), JSON.stringify(values));
}

function restoreDraft(form) {
  const stored = sessionStorage.getItem(keyOf(form));
  // The server's answer with errors already carries what was typed.
  if (!stored || form.querySelector("[aria-invalid]")) return;
  const fields = kept(form);
  JSON.parse(stored).forEach(([name, value], index) => {
    const field = fields[index];
    if (field?.name !== name) return;
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
  });
}

export function startForms() {
  document.querySelectorAll("form[data-draft]").forEach(restoreDraft);
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.dataset.draft) saveDraft(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || event.defaultPrevented) return;
    if (form.dataset.draft) sessionStorage.removeItem(keyOf(form));
    if (form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    else if (form.method === "post") form.dataset.sent = "yes";
  });
  // The back button shows the page as it was left: sendable again.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
  // A filter that changes shows its result at once.
  document.addEventListener("change", (event) => {
    if (event.target.closest("form[data-autosubmit]") && event.target.matches("select, input[type=checkbox], input[type=date]")) event.target.form.requestSubmit();
  });
  // A page that is one form starts in its first field; after a refusal in the field that was refused, with what was
  // typed ready to be typed over, or with the reasons where no field is to blame (they are an alert and read out anyway).
  const refused = document.querySelector("form [aria-invalid=true]:not([type=hidden])");
  const first = document.querySelector(".starts-here [autofocus]") ?? document.querySelector(".starts-here :is(input:not([type=hidden]), select, textarea)");
  (refused ?? document.querySelector(".error-summary") ?? first)?.focus();
  refused?.select?.();
}
