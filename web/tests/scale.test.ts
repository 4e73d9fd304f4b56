import assert from "node:assert/strict";
import test from "node:test";
import { compact } from "../src/format.js";
import { makeScale, place, roundSteps, scaleOf, ticks } from "../src/scale.js";

test("steps are round, and as many as asked for", () => {
  assert.deepEqual(roundSteps(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(roundSteps(3, 3), [3]);
  for (const [low, high] of [[-7, 13], [0.001, 0.0042], [1, 1e6]] as const) {
    const found = roundSteps(low, high);
    assert.ok(found.length >= 3 && found.length <= 11, `${found}`);
    assert.ok(found.every((value) => value >= low - 1e-9 && value <= high + 1e-9));
  }
});

test("a logarithmic scale names powers of ten, and puts them at even distances", () => {
  const scale = makeScale(0.001, 1, 0, 300, true);
  assert.deepEqual(ticks(scale), [0.001, 0.01, 0.1, 1]);
  assert.deepEqual(ticks(scale).map((value) => Math.round(place(scale, value))), [0, 100, 200, 300]);
  assert.deepEqual(ticks(makeScale(1e-3, 1e20, 0, 1, true)), [1e-3, 1, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18]);
});

test("a scale holds its values, and starts at zero rather than below it", () => {
  const scale = scaleOf([0, 10], 240, 18, false);
  assert.deepEqual([scale.low, scale.high], [0, 10.5]);
  assert.equal(scaleOf([5, 5], 240, 18, false).high, 5.25);
  assert.equal(scaleOf([-1, 1], 240, 18, true).log, false);
});

test("figures have four digits, as in the text of the page", () => {
  const said = [0.98765, 1234567, null, 0, 5e-5, 120, -0.5, 9999.6, Number.NaN, 2.5e-10].map(compact);
  assert.deepEqual(said, ["0.9877", "1,235,000", "–", "0", "5e-05", "120", "-0.5", "10,000", "–", "2.5e-10"]);
});
