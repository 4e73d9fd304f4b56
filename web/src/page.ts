/** The page of a report: finds its pictures and tables, and gives each what a static one cannot do. */

import { Brushing } from "./brushing.js";
import { drawCurves, layout, type Chart } from "./curves.js";
import { switches } from "./legend.js";
import type { Parallel } from "./parallel.js";
import { Readout } from "./readout.js";
import { sortable } from "./sorting.js";

interface Live {
  redraw(hidden: ReadonlySet<string>): void;
}

function dataIn<T>(figure: Element, kind: string): T | null {
  const held = figure.querySelector(`script.${kind}`);
  return held?.textContent ? (JSON.parse(held.textContent) as T) : null;
}

function curves(figure: HTMLElement): Live | null {
  const chart = dataIn<Chart>(figure, "curves");
  const picture = figure.querySelector<SVGElement>("svg.chart");
  if (!chart || !picture) return null;
  const readout = new Readout(figure, picture, chart, layout(chart, new Set()));
  const redraw = (hidden: ReadonlySet<string>): void => readout.redrawn(drawCurves(picture, chart, hidden));
  const legend = figure.querySelector(".legend");
  if (legend && chart.lines.length > 1) switches(legend, redraw);
  return { redraw };
}

function sharedLegend(legend: Element, live: ReadonlyMap<Element, Live>): void {
  const section = legend.closest("section");
  switches(legend, (hidden) => {
    for (const [figure, one] of live) if (section?.contains(figure)) one.redraw(hidden);
  });
}

function parallel(figure: HTMLElement): void {
  const data = dataIn<Parallel>(figure, "parallel");
  const picture = figure.querySelector<SVGElement>("svg.parallel");
  if (!data || !picture) return;
  const told = figure.querySelector(".brushed");
  new Brushing(picture, data, (kept, brushed) => {
    if (told) told.textContent = brushed ? `${kept.size} of ${data.lines.length} trials lie in the brushes.` : "";
    for (const row of document.querySelectorAll<HTMLElement>("tr[data-trial]")) {
      row.classList.toggle("out", brushed && !kept.has(Number(row.dataset["trial"])));
    }
  });
}

function start(): void {
  const live = new Map<Element, Live>();
  for (const figure of document.querySelectorAll<HTMLElement>("figure.curves")) {
    const one = curves(figure);
    if (one) live.set(figure, one);
  }
  for (const legend of document.querySelectorAll(".shared-legend")) sharedLegend(legend, live);
  for (const figure of document.querySelectorAll<HTMLElement>("figure.parallel")) parallel(figure);
  for (const table of document.querySelectorAll<HTMLTableElement>("table[data-sortable]")) sortable(table);
  document.documentElement.classList.add("live");
}

start();
