// Money handed over at the till: what is still missing, and the change. The server counts again.

const decimalOf = (locale) => new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === "decimal").value;

export function tenders() {
  return {
    dueMinor: 0,
    givenMinor: 0,
    exponent: 2,
    locale: "en",
    init() {
      this.locale = this.$root.dataset.locale;
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
      this.dueMinor = this.read(this.$root.querySelector("[data-due]")?.value ?? "0");
      this.givenMinor = [...this.$root.querySelectorAll("[data-tender]")].reduce((sum, field) => sum + this.read(field.value), 0);
    },
    get missing() { return this.show(Math.max(0, this.dueMinor - this.givenMinor)); },
    get change() { return this.show(Math.max(0, this.givenMinor - this.dueMinor)); },
    read(text) {
      const digits = [...text].filter((letter) => /\d/.test(letter) || letter === decimalOf(this.locale)).join("");
      return Math.round(Number(digits.replace(",", ".")) * 10 ** this.exponent) || 0;
    },
    show(minor) {
      const digits = { minimumFractionDigits: this.exponent, maximumFractionDigits: this.exponent };
      return (minor / 10 ** this.exponent).toLocaleString(this.locale, digits);
    },
  };
}
