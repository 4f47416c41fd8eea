// A text area for code: line numbers beside it, marks on the lines that something was found in, and keys that keep
// the indentation. Without this script it is a plain text area, and everything works.
const INDENT = "  ";

export function startEditors(root) {
  root.querySelectorAll("[data-editor]:not([data-started])").forEach(startEditor);
}

function startEditor(editor) {
  editor.dataset.started = "yes";
  const text = editor.querySelector("[data-editor-text]");
  const lines = editor.querySelector("[data-editor-lines]");

  const number = () => {
    const count = text.value.split("\n").length;
    const marks = marksOf(document);
    lines.replaceChildren(...Array.from({ length: count }, (_, index) => {
      const line = document.createElement("span");
      line.textContent = `${index + 1}`;
      if (marks.has(index + 1)) line.className = `editor-mark state-${marks.get(index + 1)}`;
      return line;
    }));
    lines.scrollTop = text.scrollTop;
  };

  text.addEventListener("input", number);
  text.addEventListener("scroll", () => (lines.scrollTop = text.scrollTop));
  text.addEventListener("keydown", (event) => keepIndentation(event, text));
  document.addEventListener("htmx:afterSettle", number);
  number();
}

// The findings are in the page, each with its line: the gravest one marks the line.
function marksOf(root) {
  const marks = new Map();
  for (const finding of root.querySelectorAll("[data-finding-line]")) {
    const line = Number(finding.dataset.findingLine);
    if (finding.dataset.findingSeverity === "BLOCK") marks.set(line, "bad");
    else if (!marks.has(line)) marks.set(line, "wait");
  }
  return marks;
}

// Enter starts the next line below the beginning of this one. Tab leaves the field, as everywhere.
function keepIndentation(event, text) {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
  const before = text.value.slice(0, text.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const [indentation] = line.match(/^ */);
  const deeper = line.trimEnd().endsWith(":") || /^ *- \w+:/.test(line) ? INDENT : "";
  if (!indentation && !deeper) return;
  event.preventDefault();
  // execCommand is the one way to type that the browser's undo knows.
  document.execCommand("insertText", false, `\n${indentation}${deeper}`);
}

export function goToLine(number) {
  const text = document.querySelector("[data-editor-text]");
  if (!text) return;
  const lines = text.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
  text.scrollTop = Math.max(0, (number - 6) * parseFloat(getComputedStyle(text).lineHeight));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-goes-to-line]");
  if (!link || !document.querySelector("[data-editor-text]")) return;
  event.preventDefault();
  goToLine(Number(link.dataset.goesToLine));
});
