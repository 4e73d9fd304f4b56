/** Line charts: the geometry, as data that can be tested, and its drawing. */

import { compact } from "./format.js";
import { makeScale, place, roundSteps, scaleOf, ticks, type Scale } from "./scale.js";
import { cleared, round, svg, type Attributes } from "./svg.js";

export interface Curve {
  readonly name: string;
  readonly style: number;
  readonly depth: number | null;
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  readonly over: string;
  readonly x: readonly number[];
  readonly best: number | null;
  readonly log: boolean;
  readonly lines: readonly Curve[];
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const FRAME: Frame = { width: 480, height: 280, left: 62, right: 14, top: 18, bottom: 40 };

export interface Layout {
  readonly across: Scale;
  readonly up: Scale;
  readonly lines: readonly Curve[];
}

/** Scales that fit the curves that are shown; all of them where none is. */
export function layout(chart: Chart, hidden: ReadonlySet<string>, frame: Frame = FRAME): Layout {
  const lines = chart.lines.filter((line) => !hidden.has(line.name));
  const shown = (lines.length ? lines : chart.lines).flatMap((line) => line.values);
  const known = shown.filter((value): value is number => value !== null && Number.isFinite(value));
  const ends = [Math.min(...chart.x), Math.max(...chart.x)] as const;
  const across = makeScale(ends[0], ends[1], frame.left, frame.width - frame.right);
  return { across, up: scaleOf(known.length ? known : [0, 1], frame.height - frame.bottom, frame.top, chart.log), lines };
}

/** The pieces of a curve between its gaps, as places on the drawing. */
export function pieces(line: Curve, x: readonly number[], { across, up }: Layout): [number, number][][] {
  const found: [number, number][][] = [[]];
  line.values.forEach((value, i) => {
    const at = x[i];
    if (value === null || at === undefined || (up.log && value <= 0)) found.push([]);
    else found.at(-1)?.push([round(place(across, at)), round(place(up, value))]);
  });
  return found.filter((piece) => piece.length);
}

/** Which value lies nearest to a place on the drawing. */
export function nearest(x: readonly number[], across: Scale, at: number): number {
  let best = 0;
  x.forEach((value, i) => {
    const far = Math.abs(place(across, value) - at);
    if (far < Math.abs(place(across, x[best] ?? 0) - at)) best = i;
  });
  return best;
}

export function dress(line: Curve, kind: "curve" | "dot"): Attributes {
  if (line.depth === null) return { class: `${kind} line-${line.style}` };
  return { class: `${kind} depth`, style: `--depth:${Math.round(100 * line.depth)}%` };
}

/** Draw the chart anew into its picture, without the curves that are hidden. */
export function drawCurves(picture: SVGElement, chart: Chart, hidden: ReadonlySet<string>, frame = FRAME): Layout {
  const laid = layout(chart, hidden, frame);
  cleared(picture);
  picture.append(grid(chart, laid, frame));
  if (chart.best !== null && chart.x.includes(chart.best)) picture.append(marked(chart.best, laid, frame));
  for (const line of laid.lines) {
    for (const piece of pieces(line, chart.x, laid)) picture.append(drawn(piece, line));
  }
  return laid;
}

function drawn(piece: [number, number][], line: Curve): SVGElement {
  const [first] = piece;
  if (piece.length === 1 && first) return svg("circle", { cx: first[0], cy: first[1], r: 3.5, ...dress(line, "dot") });
  return svg("path", { d: `M${piece.map((point) => point.join(" ")).join(" L")}`, ...dress(line, "curve") });
}

function grid(chart: Chart, { across, up }: Layout, frame: Frame): SVGElement {
  const parts: SVGElement[] = [];
  for (const value of ticks(up)) {
    const y = round(place(up, value));
    parts.push(svg("line", { x1: frame.left, x2: frame.width - frame.right, y1: y, y2: y, class: "grid" }));
    parts.push(svg("text", { x: frame.left - 8, y: y + 4, class: "tick", "text-anchor": "end" }, compact(value)));
  }
  const below = frame.height - frame.bottom + 18;
  for (const value of roundSteps(across.low, across.high).filter(Number.isInteger)) {
    const text = value.toLocaleString("en-US");
    parts.push(svg("text", { x: round(place(across, value)), y: below, class: "tick" }, text));
  }
  const middle = (frame.left + frame.width - frame.right) / 2;
  const note = up.log ? " (values on a logarithmic scale)" : "";
  parts.push(svg("text", { x: middle, y: frame.height - 5, class: "tick" }, `${chart.over}${note}`));
  return svg("g", {}, ...parts);
}

function marked(best: number, { across }: Layout, frame: Frame): SVGElement {
  const at = round(place(across, best));
  const side = at > (frame.left + frame.width) / 2 ? "end" : "start";
  const line = svg("line", { x1: at, x2: at, y1: frame.top, y2: frame.height - frame.bottom, class: "best" });
  const said = svg("text", { x: at, y: frame.top - 4, class: "tick small", "text-anchor": side }, `kept: ${best}`);
  return svg("g", {}, line, said);
}
