// Menus are <details>: one open at a time, closed by Escape or a click elsewhere. The rail is a menu on narrow screens.

export function startMenus() {
  const closeOthers = (kept) => document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== kept && menu.removeAttribute("open"));
  document.addEventListener("click", (event) => {
    closeOthers(event.target.closest("details.menu"));
    const toggle = event.target.closest("[data-rail-toggle]");
    const open = toggle ? document.body.classList.toggle("rail-open") : event.target.closest(".rail") && document.body.classList.contains("rail-open");
    if (!open) document.body.classList.remove("rail-open");
    document.querySelector("[data-rail-toggle]")?.setAttribute("aria-expanded", String(Boolean(open)));
  });
  // In a list to be ordered, a row moves up and its button keeps the focus.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-moves=up]");
    const row = button?.closest("li");
    row?.previousElementSibling?.before(row);
    button?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelector("details.menu[open] > summary")?.focus();
    closeOthers(null);
    document.body.classList.remove("rail-open");
  });
}
