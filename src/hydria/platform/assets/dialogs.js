// Dialogs are the browser's own <dialog>: focus is kept inside, Escape closes, and focus returns to where it was.
import htmx from "htmx.org";

const byId = (id) => document.getElementById(id);

function confirmThen({ question, consequence, label, proceed }) {
  const dialog = byId("confirm-dialog");
  dialog.querySelector("[data-confirm-question]").textContent = question;
  dialog.querySelector("[data-confirm-consequence]").textContent = consequence ?? "";
  const button = dialog.querySelector("[data-confirm-proceed]");
  button.textContent = label || button.dataset.confirmProceed;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "proceed" && proceed(), { once: true });
  dialog.showModal();
}

function questionOf(element) {
  const { confirm, confirmConsequence, confirmLabel } = element.dataset;
  return { question: confirm, consequence: confirmConsequence, label: confirmLabel };
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) byId(opener.dataset.opens).showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
    // A click on the backdrop reports the dialog itself as its target.
    if (event.target.matches("dialog.drawer")) event.target.close();
  });

  // A link or button with hx-target="#drawer-body" fills the drawer; it opens when the answer is there.
  document.addEventListener("htmx:afterSwap", (event) => {
    const drawer = byId("drawer");
    if (event.detail.target.id === "drawer-body" && !drawer.open) drawer.showModal();
  });

  document.addEventListener("submit", (event) => {
    const asked = event.submitter?.dataset.confirm ? event.submitter : event.target;
    if (!asked.dataset.confirm || asked.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter, target: form } = event;
    confirmThen({
      ...questionOf(asked),
      proceed: () => {
        asked.dataset.confirmed = "yes";
        form.requestSubmit(submitter);
        delete asked.dataset.confirmed;
      },
    });
  }, { capture: true });

  document.addEventListener("htmx:confirm", (event) => {
    const element = event.detail.elt;
    if (!element.dataset.confirm || element.matches("form") || element.form) return;
    event.preventDefault();
    confirmThen({ ...questionOf(element), proceed: () => event.detail.issueRequest(true) });
  });

  htmx.on("htmx:responseError", (event) => {
    const toast = byId("request-failed");
    toast.querySelector("[data-status]").textContent = event.detail.xhr.status;
    toast.showModal();
  });
}
