// The desk's script: htmx for fragments, Alpine for small local state, and the few behaviors that every page shares.
import Alpine from "@alpinejs/csp";
import htmx from "htmx.org";

import { startDialogs } from "./dialogs.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startMenus } from "./menus.js";
import { startOffline } from "./offline.js";
import { startSearch } from "./search.js";
import { tenders } from "./tenders.js";

window.htmx = htmx;
Alpine.data("tenders", tenders);
Alpine.start();

startDialogs();
startForms();
startKeys();
startMenus();
startOffline();
startSearch();

// Charts, pickers and editors are fetched only by pages that show one.
async function dress(root) {
  if (root.querySelector("[data-editor]")) (await import("./editor.js")).startEditors(root);
  if (root.querySelector("[data-chart]")) (await import("./charts.js")).drawCharts(root);
  if (root.querySelector("select[data-picker]")) (await import("./pickers.js")).dressPickers(root);
}
dress(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) dress(event.detail.elt.parentElement ?? document);
});
