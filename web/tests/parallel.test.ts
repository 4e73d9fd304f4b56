import assert from "node:assert/strict";
import test from "node:test";
import { nudged, spanned } from "../src/brushing.js";
import { path, placed, selected, share, standing, type Parallel } from "../src/parallel.js";

const data: Parallel = {
  title: "Trials",
  figure: "log loss",
  lowerIsBetter: true,
  ends: [0.3, 0.5],
  axes: [
    { name: "learning_rate", ticks: [] },
    { name: "dropout", ticks: [] },
  ],
  lines: [
    { trial: 0, places: [0.2, 0.9], figure: 0.5, rank: 2 },
    { trial: 1, places: [0.7, null], figure: 0.3, rank: 1 },
    { trial: 2, places: [0.9, 0.1], figure: null, rank: 3 },
  ],
};
const laid = placed(data);

test("the best score stands on top, whichever way is better", () => {
  const best = data.lines[1];
  assert.ok(best);
  assert.equal(share(data, laid, best, 2), 1);
  assert.equal(share({ ...data, lowerIsBetter: false }, placed({ ...data, lowerIsBetter: false }), best, 2), 0);
  assert.deepEqual(data.lines.map((line) => standing(line, 3)), [0.5, 0, 1]);
});

test("a line breaks where a setting takes no part", () => {
  const parts = data.lines.map((line) => path(data, laid, line).replace(/[\d. ]+/g, ""));
  assert.deepEqual(parts, ["MLL", "MM", "ML"]);
});

test("a trial is selected if it lies in every brush", () => {
  assert.deepEqual([...selected(data, laid, new Map())], [0, 1, 2]);
  assert.deepEqual([...selected(data, laid, new Map([[0, [0.5, 1]]]))], [1, 2]);
  assert.deepEqual([...selected(data, laid, new Map([[0, [0.5, 1]], [1, [0, 1]]]))], [2]);
  assert.deepEqual([...selected(data, laid, new Map([[2, [0.9, 1]]]))], [1]);
});

test("a drag of a few pixels is a click, and takes the brush away", () => {
  assert.equal(spanned(0.5, 0.505), null);
  assert.deepEqual(spanned(0.8, -0.2), [0, 0.8]);
});

test("keys move a brush, widen it, and take it away", () => {
  assert.deepEqual(nudged("ArrowUp", false, [0.2, 0.4])?.map((one) => Math.round(100 * one)), [25, 45]);
  assert.deepEqual(nudged("ArrowUp", false, [0.8, 1]), [0.8, 1]);
  assert.deepEqual(nudged("ArrowUp", true, [0.2, 0.4])?.map((one) => Math.round(100 * one)), [15, 45]);
  assert.equal(nudged("Escape", false, [0, 1]), null);
  assert.equal(nudged("a", false, [0, 1]), undefined);
});
