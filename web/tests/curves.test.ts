import assert from "node:assert/strict";
import test from "node:test";
import { layout, nearest, pieces, type Chart } from "../src/curves.js";
import { toggle } from "../src/legend.js";
import { moved, spoken } from "../src/readout.js";

const chart: Chart = {
  title: "Loss",
  over: "epoch",
  x: [1, 2, 3, 4],
  best: 3,
  log: false,
  lines: [
    { name: "training rows", style: 0, depth: null, values: [8, 4, null, 1] },
    { name: "validation rows", style: 1, depth: null, values: [80, 40, 20, 10] },
  ],
};

test("a gap parts a curve", () => {
  const laid = layout(chart, new Set());
  const [line] = chart.lines;
  assert.ok(line);
  assert.deepEqual(pieces(line, chart.x, laid).map((piece) => piece.length), [2, 1]);
});

test("scales fit the curves that are left", () => {
  assert.ok(layout(chart, new Set()).up.high > 80);
  const laid = layout(chart, new Set(["validation rows"]));
  assert.ok(laid.up.high < 9);
  assert.equal(laid.lines.length, 1);
  assert.equal(layout(chart, new Set(["training rows", "validation rows"])).lines.length, 0);
});

test("the nearest epoch is found, beyond the ends too", () => {
  const { across } = layout(chart, new Set());
  assert.equal(nearest(chart.x, across, -100), 0);
  assert.equal(nearest(chart.x, across, 1000), 3);
  assert.equal(nearest(chart.x, across, 62 + (404 / 3) * 1.1), 1);
});

test("keys move the cursor and stay inside", () => {
  assert.deepEqual(["ArrowRight", "ArrowLeft", "Home", "End", "PageUp", "x"].map((key) => moved(key, 0, 40)), [1, 0, 0, 39, 4, null]);
});

test("a place is said with the values of all curves", () => {
  assert.equal(spoken(chart, layout(chart, new Set()), 2), "epoch 3: training rows –, validation rows 20");
});

test("a name is switched off and on", () => {
  const names = new Set<string>();
  toggle(names, "a");
  assert.deepEqual([...names], ["a"]);
  toggle(names, "a");
  assert.equal(names.size, 0);
});
