/** Brushes on the axes of parallel coordinates: drawn with the pointer, or moved with the arrow keys. */

import { drawParallel, selected, type Brush, type Parallel, type Placed } from "./parallel.js";
import { place } from "./scale.js";
import { svg } from "./svg.js";

const STEP = 0.05;
const WIDE = 26;

/** Where a key takes a brush; null where it takes it away, undefined where the key means nothing. */
export function nudged(key: string, shift: boolean, brush: Brush | undefined): Brush | null | undefined {
  if (key === "Escape" || key === "Delete") return null;
  const way = key === "ArrowUp" ? 1 : key === "ArrowDown" ? -1 : 0;
  if (!way) return undefined;
  const [low, high] = brush ?? (way > 0 ? [0.5 - STEP, 1] : [0, 0.5 + STEP]);
  if (shift) return [Math.max(0, low - way * STEP), Math.min(1, high + way * STEP)].sort((a, b) => a - b) as unknown as Brush;
  const by = way > 0 ? Math.min(STEP, 1 - high) : -Math.min(STEP, low);
  return [low + by, high + by];
}

/** Between two places, whichever comes first; null for what is no more than a click. */
export function spanned(from: number, to: number): Brush | null {
  const [low, high] = [Math.max(0, Math.min(from, to)), Math.min(1, Math.max(from, to))];
  return high - low < 0.01 ? null : [low, high];
}

export class Brushing {
  private readonly brushes = new Map<number, Brush>();
  private readonly laid: Placed;
  private readonly handles: SVGElement[] = [];
  private from: { axis: number; at: number } | null = null;

  constructor(
    private readonly picture: SVGElement,
    private readonly data: Parallel,
    private readonly changed: (trials: ReadonlySet<number>, brushed: boolean) => void,
  ) {
    this.laid = drawParallel(picture, data);
    picture.setAttribute("role", "group");
    picture.setAttribute("aria-label", data.title);
    this.laid.xs.forEach((x, axis) => this.handles.push(this.handle(x, axis)));
    picture.append(...this.handles);
  }

  private handle(x: number, axis: number): SVGElement {
    const { up } = this.laid;
    const name = this.data.axes[axis]?.name ?? this.data.figure;
    const zone = svg("rect", { x: x - WIDE / 2, y: up.end, width: WIDE, height: up.start - up.end, class: "zone" });
    const range = svg("rect", { x: x - 7, y: up.end, width: 14, height: 0, class: "brush" });
    const whole = svg("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": `Brush on ${name}` }, zone, range);
    const told = { "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 100 };
    for (const [key, value] of Object.entries(told)) whole.setAttribute(key, String(value));
    whole.setAttribute("aria-valuetext", "all trials");
    whole.addEventListener("pointerdown", (event) => this.begin(event, axis));
    whole.addEventListener("pointermove", (event) => this.drag(event));
    whole.addEventListener("pointerup", () => (this.from = null));
    whole.addEventListener("keydown", (event) => this.press(event, axis));
    return whole;
  }

  private at(event: PointerEvent): number {
    const box = this.picture.getBoundingClientRect();
    const y = ((event.clientY - box.top) / box.height) * this.laid.height;
    return (y - this.laid.up.start) / (this.laid.up.end - this.laid.up.start);
  }

  private begin(event: PointerEvent, axis: number): void {
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    event.preventDefault();
    this.from = { axis, at: this.at(event) };
    this.set(axis, null);
  }

  private drag(event: PointerEvent): void {
    if (this.from) this.set(this.from.axis, spanned(this.from.at, this.at(event)));
  }

  private press(event: KeyboardEvent, axis: number): void {
    const to = nudged(event.key, event.shiftKey, this.brushes.get(axis));
    if (to === undefined) return;
    event.preventDefault();
    this.set(axis, to);
  }

  private set(axis: number, brush: Brush | null): void {
    if (brush) this.brushes.set(axis, brush);
    else this.brushes.delete(axis);
    this.mark(axis, brush);
    const kept = selected(this.data, this.laid, this.brushes);
    for (const line of this.picture.querySelectorAll(".trial")) {
      line.classList.toggle("out", !kept.has(Number(line.getAttribute("data-trial"))));
    }
    const [low, high] = brush ?? [0, 1];
    const said = `${Math.round(100 * low)} to ${Math.round(100 * high)} % of the axis, ${kept.size} trials`;
    this.handles[axis]?.setAttribute("aria-valuetext", brush ? said : "all trials");
    this.handles[axis]?.setAttribute("aria-valuenow", String(Math.round(100 * high)));
    this.changed(kept, this.brushes.size > 0);
  }

  private mark(axis: number, brush: Brush | null): void {
    const range = this.handles[axis]?.querySelector(".brush");
    const [low, high] = brush ?? [0, 0];
    const top = place(this.laid.up, high);
    range?.setAttribute("y", String(top));
    range?.setAttribute("height", String(brush ? place(this.laid.up, low) - top : 0));
  }
}
