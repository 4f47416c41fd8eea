// The search box is a combobox: results come while typing, arrows choose, Enter opens, Escape leaves.

export function startSearch() {
  const input = document.getElementById("search-input");
  const results = document.getElementById("search-results");
  if (!input) return;
  let chosen = -1;
  const hits = () => [...results.querySelectorAll("[role=option]")];

  function choose(index) {
    const all = hits();
    chosen = all.length ? (index + all.length) % all.length : -1;
    all.forEach((hit, at) => hit.setAttribute("aria-selected", String(at === chosen)));
    input.setAttribute("aria-activedescendant", all[chosen]?.id ?? "");
    all[chosen]?.scrollIntoView({ block: "nearest" });
  }
  function close() {
    results.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    chosen = -1;
  }

  results.addEventListener("htmx:afterSwap", () => {
    input.setAttribute("aria-expanded", String(hits().length > 0));
    choose(0);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && hits()[chosen]) {
      event.preventDefault();
      hits()[chosen].click();
    } else if (event.key === "Escape") {
      close();
      input.blur();
    }
  });
  document.addEventListener("click", (event) => event.target.closest(".search") || close());
}
