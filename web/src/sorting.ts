/** Tables whose rows are sorted by a click on a head. */

import { html } from "./svg.js";

export type Direction = "ascending" | "descending";

/** What a cell is sorted by: its number where it is one, else its text. */
export function key(text: string): number | string {
  const bare = text.replace(/[\s,\u2007\u2008]/g, "").replace(/\u2212/g, "-");
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(bare);
  return number ? Number(number[0]) : text.trim().toLowerCase();
}

/** Numbers before texts, and gaps last whichever way. */
export function compare(a: string, b: string, direction: Direction): number {
  const [left, right] = [key(a), key(b)];
  const empty = (one: number | string): boolean => one === "" || one === "–";
  if (empty(left) || empty(right)) return Number(empty(left)) - Number(empty(right));
  const sign = direction === "ascending" ? 1 : -1;
  if (typeof left === "number" && typeof right === "number") return sign * (left - right);
  if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
  return sign * String(left).localeCompare(String(right), "en");
}

export function sortable(table: HTMLTableElement): void {
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((head, column) => {
    if (!head.textContent) return;
    const button = html("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const first: Direction = head.classList.contains("number") ? "descending" : "ascending";
      const other: Direction = first === "ascending" ? "descending" : "ascending";
      const direction = before === first ? other : first;
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", direction);
      reorder(table, column, direction);
    });
  });
}

function reorder(table: HTMLTableElement, column: number, direction: Direction): void {
  const [body] = table.tBodies;
  if (!body) return;
  const text = (row: HTMLTableRowElement): string => row.cells[column]?.textContent ?? "";
  body.append(...[...body.rows].sort((a, b) => compare(text(a), text(b), direction)));
}
