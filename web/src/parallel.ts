/** Parallel coordinates: a line for each trial through an axis for each setting, the score at the end. */

import { compact } from "./format.js";
import { makeScale, place, ticks, type Scale } from "./scale.js";
import { cleared, round, svg } from "./svg.js";

export interface Tick {
  readonly place: number;
  readonly said: string;
}

export interface Axis {
  readonly name: string;
  readonly ticks: readonly Tick[];
}

export interface Trial {
  readonly trial: number;
  /** In [0, 1], by axis; null where a setting takes no part. */
  readonly places: readonly (number | null)[];
  readonly figure: number | null;
  readonly rank: number;
}

export interface Parallel {
  readonly title: string;
  readonly figure: string;
  readonly lowerIsBetter: boolean;
  /** Of the axis of the score; what lies beyond is drawn at the end. */
  readonly ends: readonly [number, number];
  readonly axes: readonly Axis[];
  readonly lines: readonly Trial[];
}

/** A range on an axis, in [0, 1]; low below high. */
export type Brush = readonly [number, number];
export type Brushes = ReadonlyMap<number, Brush>;

export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly xs: readonly number[];
  readonly up: Scale;
  readonly figures: Scale;
}

const HEIGHT = 360;
const TOP = 44;
const FOOT = 28;
const SIDE = 64;
const LOG_FROM = 30;

/** Where axes stand; the last is that of the score. */
export function placed(data: Parallel): Placed {
  const count = data.axes.length;
  const gap = Math.min(Math.max(Math.floor(856 / Math.max(count, 1)), 112), 210);
  const xs = Array.from({ length: count + 1 }, (_, i) => SIDE + gap * i);
  const [low, high] = data.ends;
  const ends = data.lowerIsBetter ? ([TOP, HEIGHT - FOOT] as const) : ([HEIGHT - FOOT, TOP] as const);
  return {
    width: SIDE * 2 + gap * count,
    height: HEIGHT,
    xs,
    up: makeScale(0, 1, HEIGHT - FOOT, TOP),
    figures: makeScale(low, high, ends[0], ends[1], low > 0 && high / low >= LOG_FROM),
  };
}

/** The place of a trial on an axis in [0, 1], the score's being last; null where it has none. */
export function share(data: Parallel, laid: Placed, line: Trial, axis: number): number | null {
  if (axis < data.axes.length) return line.places[axis] ?? null;
  if (line.figure === null) return null;
  const { up, figures } = laid;
  const inside = Math.min(Math.max(line.figure, figures.low), figures.high);
  return (place(figures, inside) - up.start) / (up.end - up.start) + 0; // no negative zero
}

/** The trials that lie inside of every brush. */
export function selected(data: Parallel, laid: Placed, brushes: Brushes): Set<number> {
  const inside = (line: Trial): boolean =>
    [...brushes].every(([axis, [low, high]]) => {
      const at = share(data, laid, line, axis);
      return at !== null && low <= at && at <= high;
    });
  return new Set(data.lines.filter(inside).map((line) => line.trial));
}

/** The line of a trial, broken where a setting takes no part. */
export function path(data: Parallel, laid: Placed, line: Trial): string {
  let text = "";
  let drawing = false;
  laid.xs.forEach((x, axis) => {
    const at = share(data, laid, line, axis);
    if (at !== null) text += `${drawing ? "L" : "M"}${x} ${round(place(laid.up, at))}`;
    drawing = at !== null;
  });
  return text;
}

/** From the best, 0, to the worst, 1. */
export function standing(line: Trial, count: number): number {
  return count > 1 ? (line.rank - 1) / (count - 1) : 0;
}

export function drawParallel(picture: SVGElement, data: Parallel): Placed {
  const laid = placed(data);
  cleared(picture);
  const worstFirst = [...data.lines].sort((a, b) => b.rank - a.rank);
  const strokes = worstFirst.map((line) => stroke(data, laid, line));
  picture.append(svg("g", { class: "trials" }, ...strokes));
  data.axes.forEach((axis, i) => picture.append(drawnAxis(laid, i, axis.name, axis.ticks)));
  const steps = ticks(laid.figures).map((value) => ({
    place: (place(laid.figures, value) - laid.up.start) / (laid.up.end - laid.up.start),
    said: compact(value),
  }));
  picture.append(drawnAxis(laid, data.axes.length, data.figure, steps));
  return laid;
}

function stroke(data: Parallel, laid: Placed, line: Trial): SVGElement {
  const depth = `--depth:${Math.round(100 * standing(line, data.lines.length))}%`;
  const said = `trial ${line.trial}: ${data.figure} ${compact(line.figure)}`;
  return svg(
    "path",
    { d: path(data, laid, line), class: "trial", style: depth, "data-trial": line.trial },
    svg("title", {}, said),
  );
}

function drawnAxis(laid: Placed, index: number, name: string, marks: readonly Tick[]): SVGElement {
  const x = laid.xs[index] ?? 0;
  const parts = [svg("line", { x1: x, x2: x, y1: laid.up.end, y2: laid.up.start, class: "axis" })];
  parts.push(svg("text", { x, y: index % 2 ? 14 : 30, class: "name" }, name));
  for (const mark of marks) {
    const y = round(place(laid.up, mark.place));
    parts.push(svg("line", { x1: x - 4, x2: x, y1: y, y2: y, class: "axis" }));
    parts.push(svg("text", { x: x - 7, y: y + 4, class: "tick small", "text-anchor": "end" }, mark.said));
  }
  return svg("g", { "data-axis": index }, ...parts);
}
