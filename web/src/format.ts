/** Figures as people read them: no more digits than mean something. As `compact` in history/wording.py. */

export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) {
    const [digits, power] = value.toExponential(3).split("e") as [string, string];
    const short = digits.replace(/\.?0+$/, "");
    return `${short}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  const decimals = 3 - Math.floor(Math.log10(size));
  const rounded = decimals < 0 ? Math.round(value * 10 ** decimals) / 10 ** decimals : value;
  const text = rounded.toFixed(Math.max(decimals, 0));
  const short = text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  const [whole, rest] = short.split(".") as [string, string | undefined];
  const parted = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? parted : `${parted}.${rest}`;
}
