// Money handed over at the till: what is still missing, and the change. The server counts again.

const minorOf = (text, exponent) => {
  const plain = text.trim().replace(/[\s'’]/g, "").replace(/[.,](?=\d{3}(\D|$))/g, "").replace(",", ".");
  return Number.isFinite(Number(plain)) ? Math.round(Number(plain) * 10 ** exponent) : 0;
};

export function tenders() {
  return {
    dueMinor: 0,
    givenMinor: 0,
    exponent: 2,
    init() {
      this.exponent = Number(this.$root.dataset.exponent);
      this.count();
    },
    // Choosing debts proposes their sum; choosing none, the whole balance that the page came with.
    choose(event) {
      if (!event.target.matches("[data-debt]")) return;
      const chosen = [...this.$root.querySelectorAll("[data-debt]:checked")];
      const due = this.$root.querySelector("[data-due]");
      due.value = chosen.length ? this.show(chosen.reduce((sum, debt) => sum + Number(debt.dataset.debt), 0)) : due.defaultValue;
      this.count();
    },
    count() {
      this.dueMinor = minorOf(this.$root.querySelector("[data-due]")?.value ?? "0", this.exponent);
      this.givenMinor = [...this.$root.querySelectorAll("[data-tender]")].reduce((sum, field) => sum + minorOf(field.value, this.exponent), 0);
    },
    get missing() { return this.show(Math.max(0, this.dueMinor - this.givenMinor)); },
    get change() { return this.show(Math.max(0, this.givenMinor - this.dueMinor)); },
    show(minor) {
      const digits = { minimumFractionDigits: this.exponent, maximumFractionDigits: this.exponent };
      return (minor / 10 ** this.exponent).toLocaleString(document.documentElement.lang, digits);
    },
  };
}
