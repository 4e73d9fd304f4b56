import assert from "node:assert/strict";
import test from "node:test";
import { compare, key } from "../src/sorting.js";

const sorted = (cells: string[], direction: "ascending" | "descending"): string[] =>
  [...cells].sort((a, b) => compare(a, b, direction));

test("numbers sort as numbers, whatever stands around them", () => {
  assert.deepEqual(["1,234", "0.5\u2007\u2007", "\u22123", "1e-3", "12 ± 3"].map(key), [1234, 0.5, -3, 0.001, 12]);
  assert.deepEqual(sorted(["10", "9", "–", "1,000", ""], "descending"), ["1,000", "10", "9", "–", ""]);
  assert.deepEqual(sorted(["10", "–", "9"], "ascending"), ["9", "10", "–"]);
});

test("texts sort without regard to case, behind numbers", () => {
  assert.deepEqual(sorted(["beta", "Alpha", "7"], "ascending"), ["7", "Alpha", "beta"]);
});
