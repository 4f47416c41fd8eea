// Say when the server cannot be reached, instead of leaving a click without an answer.

export function startOffline() {
  const banner = document.getElementById("offline-banner");
  if (!banner) return;
  const show = (offline) => { banner.hidden = !offline; };
  window.addEventListener("offline", () => show(true));
  window.addEventListener("online", () => show(false));
  document.addEventListener("htmx:sendError", () => show(true));
  document.addEventListener("htmx:afterOnLoad", () => show(false));
}
