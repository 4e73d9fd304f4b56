/** Elements of SVG and HTML from function calls. */

export type Attributes = Readonly<Record<string, string | number>>;

const SPACE = "http://www.w3.org/2000/svg";

export function svg(name: string, attributes: Attributes = {}, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

export function html(name: string, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Take away all that is drawn; title and description stay. */
export function cleared(picture: SVGElement): void {
  for (const child of [...picture.children]) {
    if (child.tagName !== "title" && child.tagName !== "desc") child.remove();
  }
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
