// Money handed over at the till: what is still missing, and the change. The server counts again.
import { readAmount, spellAmount } from "./amounts.js";

const UNCLEAR = "–";

export function tenders() {
  return {
    dueMinor: 0,
    givenMinor: 0,
    marks: {},
    init() {
      const { group, decimal, exponent } = this.$root.dataset;
      this.marks = { group, decimal, exponent: Number(exponent) };
      this.$root.querySelectorAll("[data-part]:checked").forEach((part) => this.join(part));
      this.count();
    },
    // A document is chosen with all its charges; choosing all of its charges chooses it.
    choose(event) {
      const { partOf } = event.target.dataset;
      if (!partOf && !event.target.matches("[data-debt]")) return;
      if (partOf) this.join(event.target);
      else this.partsOf(event.target.value).forEach((part) => (part.checked = event.target.checked));
      this.propose();
    },
    join({ dataset: { partOf } }) {
      const [whole, parts] = [this.wholeOf(partOf), this.partsOf(partOf)];
      whole.checked = parts.every((part) => part.checked);
      whole.indeterminate = !whole.checked && parts.some((part) => part.checked);
      if (whole.indeterminate) parts[0].closest("details").open = true;
    },
    partsOf(first) { return [...this.$root.querySelectorAll(`[data-part-of="${first}"]`)]; },
    wholeOf(first) { return this.$root.querySelector(`[data-debt][value="${first}"]`); },
    // Choosing debts proposes their sum; choosing none, the whole balance that the page came with.
    propose() {
      const debts = [...this.$root.querySelectorAll("[data-debt]:checked")].map((debt) => Number(debt.dataset.debt));
      const parts = [...this.$root.querySelectorAll("[data-part]:checked")]
        .filter((part) => !this.wholeOf(part.dataset.partOf).checked)
        .map((part) => Number(part.dataset.part));
      const chosen = [...debts, ...parts];
      const due = this.$root.querySelector("[data-due]");
      due.value = chosen.length ? spellAmount(chosen.reduce((sum, minor) => sum + minor, 0), this.marks) : due.defaultValue;
      this.count();
    },
    count() {
      this.dueMinor = this.read(this.$root.querySelector("[data-due]"));
      this.givenMinor = [...this.$root.querySelectorAll("[data-tender]")].reduce((sum, field) => sum + this.read(field), 0);
    },
    get missing() { return this.show(this.dueMinor - this.givenMinor); },
    get change() { return this.show(this.givenMinor - this.dueMinor); },
    read(field) {
      if (!field.value.trim()) return 0;
      return readAmount(field.value, this.marks) ?? NaN;
    },
    show(minor) {
      return Number.isNaN(minor) ? UNCLEAR : spellAmount(Math.max(0, minor), this.marks);
    },
  };
}
