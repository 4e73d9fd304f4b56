/** The values under the pointer, or under a cursor that the arrow keys move. */

import { dress, FRAME, nearest, type Chart, type Layout } from "./curves.js";
import { compact } from "./format.js";
import { place } from "./scale.js";
import { html, round, svg } from "./svg.js";

/** What is said of one place: the epoch and the value of each curve. */
export function spoken(chart: Chart, laid: Layout, index: number): string {
  const values = laid.lines.map((line) => `${line.name || chart.title} ${compact(line.values[index])}`);
  return `${chart.over} ${chart.x[index] ?? ""}: ${values.join(", ")}`;
}

/** Where a key leads from a place; null for keys that lead nowhere. */
export function moved(key: string, index: number, count: number): number | null {
  const step = Math.max(1, Math.round(count / 10));
  const targets: Record<string, number> = {
    ArrowLeft: index - 1,
    ArrowDown: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index + 1,
    PageDown: index - step,
    PageUp: index + step,
    Home: 0,
    End: count - 1,
  };
  const to = targets[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), count - 1);
}

export class Readout {
  private index: number;
  private readonly box = html("div", { class: "readout", hidden: "", "aria-hidden": "true" });
  private cursor: SVGElement | null = null;

  constructor(
    private readonly figure: HTMLElement,
    private readonly picture: SVGElement,
    private readonly chart: Chart,
    private laid: Layout,
  ) {
    this.index = chart.x.length - 1;
    figure.append(this.box);
    const told = { role: "slider", tabindex: "0", "aria-label": chart.title, "aria-valuemin": "0" };
    for (const [key, value] of Object.entries(told)) picture.setAttribute(key, value);
    picture.setAttribute("aria-valuemax", String(chart.x.length - 1));
    this.tell();
    picture.addEventListener("pointermove", (event) => this.show(this.under(event)));
    picture.addEventListener("pointerleave", () => this.hide());
    picture.addEventListener("focus", () => picture.matches(":focus-visible") && this.show(this.index));
    picture.addEventListener("blur", () => this.hide());
    picture.addEventListener("keydown", (event) => this.press(event));
  }

  /** Go on with a drawing that has changed. */
  redrawn(laid: Layout): void {
    this.laid = laid;
    this.hide();
    this.tell();
  }

  private under(event: PointerEvent): number {
    const box = this.picture.getBoundingClientRect();
    return nearest(this.chart.x, this.laid.across, ((event.clientX - box.left) / box.width) * FRAME.width);
  }

  private press(event: KeyboardEvent): void {
    if (event.key === "Escape") return this.hide();
    const to = moved(event.key, this.index, this.chart.x.length);
    if (to === null) return;
    event.preventDefault();
    this.show(to);
  }

  private tell(): void {
    this.picture.setAttribute("aria-valuenow", String(this.index));
    this.picture.setAttribute("aria-valuetext", spoken(this.chart, this.laid, this.index));
  }

  private show(index: number): void {
    this.index = index;
    this.tell();
    const at = round(place(this.laid.across, this.chart.x[index] ?? 0));
    this.cursor?.remove();
    this.cursor = svg("g", { class: "under" }, this.line(at), ...this.dots(at, index));
    this.picture.append(this.cursor);
    this.box.replaceChildren(this.table(index));
    this.box.hidden = false;
    this.settle(at);
  }

  private hide(): void {
    this.cursor?.remove();
    this.cursor = null;
    this.box.hidden = true;
  }

  private line(at: number): SVGElement {
    return svg("line", { x1: at, x2: at, y1: FRAME.top, y2: FRAME.height - FRAME.bottom, class: "cursor" });
  }

  private dots(at: number, index: number): SVGElement[] {
    return this.laid.lines.flatMap((line) => {
      const value = line.values[index];
      if (value === null || value === undefined || (this.laid.up.log && value <= 0)) return [];
      return [svg("circle", { cx: at, cy: round(place(this.laid.up, value)), r: 3.5, ...dress(line, "dot") })];
    });
  }

  private table(index: number): HTMLElement {
    const head = html("strong", {}, `${this.chart.over} ${(this.chart.x[index] ?? 0).toLocaleString("en-US")}`);
    const rows = this.laid.lines.map((line) =>
      html("tr", {}, html("th", { scope: "row" }, line.name || this.chart.title), html("td", {}, compact(line.values[index]))),
    );
    return html("div", {}, head, html("table", {}, html("tbody", {}, ...rows)));
  }

  /** Put the box beside the cursor, on the side where there is room. */
  private settle(at: number): void {
    const [picture, figure] = [this.picture.getBoundingClientRect(), this.figure.getBoundingClientRect()];
    const x = picture.left - figure.left + (at / FRAME.width) * picture.width;
    const wide = this.box.offsetWidth;
    const left = x + 12 + wide > figure.width ? x - 12 - wide : x + 12;
    this.box.style.left = `${Math.max(0, left)}px`;
    this.box.style.top = `${picture.top - figure.top + 24}px`;
  }
}
