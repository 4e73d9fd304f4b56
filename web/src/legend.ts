/** Entries of a legend that switch their curve on and off. */

import { html } from "./svg.js";

/** Make buttons of the entries; `changed` hears the names that are switched off. */
export function switches(legend: Element, changed: (hidden: ReadonlySet<string>) => void): void {
  const hidden = new Set<string>();
  for (const entry of legend.querySelectorAll(".entry")) {
    const name = entry.textContent ?? "";
    const button = html("button", { type: "button", class: "entry", "aria-pressed": "true" }, ...entry.childNodes);
    button.addEventListener("click", () => {
      toggle(hidden, name);
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      changed(hidden);
    });
    entry.replaceWith(button);
  }
}

export function toggle(names: Set<string>, name: string): void {
  if (!names.delete(name)) names.add(name);
}
