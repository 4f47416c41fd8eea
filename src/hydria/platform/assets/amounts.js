// Amounts as people type them. The server reads by the same rule (platform/documents/spelled.py, docs/algorithms/amounts.md).

const escaped = (mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// Minor units, or null for what the server will refuse.
export function readAmount(typed, { group, decimal, exponent }) {
  const found = typed.replace(/\s/g, "").match(new RegExp(`^([0-9]{1,3}(?:${escaped(group)}[0-9]{3})+|[0-9]*)(?:${escaped(decimal)}([0-9]*))?$`));
  if (!found) return null;
  const whole = found[1].replaceAll(group, "");
  const decimals = found[2] ?? "";
  if (!(whole + decimals) || decimals.length > exponent) return null;
  return Number(whole + decimals.padEnd(exponent, "0"));
}

export function spellAmount(minor, { group, decimal, exponent }) {
  const digits = String(minor).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/g, group);
  return exponent ? whole + decimal + digits.slice(-exponent) : whole;
}
