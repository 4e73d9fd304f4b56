/** Maps from values to places on a drawing, with the round values that an axis names.
 *
 * The same rules as in src/shoal/report/curves.py: a static picture and its redrawing must look alike.
 */

const MOST_POWERS = 8;

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly start: number;
  readonly end: number;
  readonly log: boolean;
}

export function makeScale(low: number, high: number, start: number, end: number, log = false): Scale {
  return { low, high, start, end, log };
}

/** Where a value lies on the drawing. */
export function place(scale: Scale, value: number): number {
  const of = (one: number): number => (scale.log ? Math.log10(one) : one);
  const [low, high] = [of(scale.low), of(scale.high)];
  const share = high > low ? (of(value) - low) / (high - low) : 0.5;
  return scale.start + share * (scale.end - scale.start);
}

/** Round values between two bounds, about as many as asked for. */
export function roundSteps(low: number, high: number, about = 5): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const sizes = [1, 2, 5, 10].map((lead) => power * lead);
  const far = (size: number): number => Math.abs(Math.log(size / rough));
  const step = sizes.reduce((best, size) => (far(size) < far(best) ? size : best));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function powers(low: number, high: number): number[] {
  const leads = high / low < 300 ? [1, 2, 5] : [1];
  const found: number[] = [];
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const apart = Math.max(1, Math.ceil((last - first) / MOST_POWERS));
  for (let power = first; power <= last; power += 1) {
    if (power % apart !== 0) continue;
    for (const lead of leads) found.push(Number((lead * 10 ** power).toPrecision(12)));
  }
  return found.filter((value) => low * 0.999 <= value && value <= high * 1.001);
}

/** The round values that the axis names. */
export function ticks(scale: Scale): number[] {
  return scale.log ? powers(scale.low, scale.high) : roundSteps(scale.low, scale.high);
}

/** A scale that holds all values, with a little room unless it is logarithmic. */
export function scaleOf(values: readonly number[], start: number, end: number, log: boolean): Scale {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (log && low > 0) return makeScale(low, high, start, end, true);
  const margin = 0.05 * (high - low) || 0.05 * Math.abs(high) || 1;
  const bottom = low >= 0 ? Math.max(low - margin, 0) : low - margin;
  return makeScale(bottom, high + margin, start, end);
}
