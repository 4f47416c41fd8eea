// Keyboard: an element names its key in data-key ("n", or "g a" for two in a row) and is clicked or focused by it.

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");
const PAIR_MS = 1200;

const named = (key) => document.querySelector(`[data-key="${CSS.escape(key).replaceAll("\\ ", " ")}"]`);

function press(element) {
  if (typing(element)) element.focus();
  else element.click();
}

function listKeys() {
  const list = document.getElementById("keys-list");
  const rows = [...document.querySelectorAll("[data-key]")].map((element) => {
    const key = document.createElement("dt");
    for (const part of element.dataset.key.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = part;
      key.append(cap, " ");
    }
    const does = document.createElement("dd");
    does.textContent = element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.trim();
    return [key, does];
  });
  list.querySelectorAll("[data-listed]").forEach((old) => old.remove());
  rows.flat().forEach((node) => {
    node.dataset.listed = "";
    list.append(node);
  });
  document.getElementById("keys-dialog").showModal();
}

// j and k move through the rows of the page's list; Enter opens the row's link, being focused.
function moveRow(step) {
  const links = [...document.querySelectorAll(".rows tbody tr td a:first-of-type")].filter((link, index, all) => all.findIndex((other) => other.closest("tr") === link.closest("tr")) === index);
  if (!links.length) return;
  const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[Math.max(0, Math.min(links.length - 1, here + step))].focus();
}

export function startKeys() {
  let first = "";
  let pressedAt = 0;
  document.addEventListener("keydown", (event) => {
    const search = document.getElementById("search-input");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && search) {
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      // Out of a field, so that the next key is one of the page's.
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const second = event.timeStamp - pressedAt < PAIR_MS && named(`${first} ${event.key}`);
    first = second ? "" : event.key;
    pressedAt = event.timeStamp;
    if (second) {
      event.preventDefault();
      press(second);
    } else if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "?") listKeys();
    else if (event.key === "j") moveRow(1);
    else if (event.key === "k") moveRow(-1);
    else {
      const element = named(event.key);
      if (!element) return;
      event.preventDefault();
      press(element);
    }
  });
}
