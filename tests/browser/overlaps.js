// Pairs of texts that cover each other, among those that can be seen.
() => {
  const SLACK = 3; // lines of small print stand closer than their fonts are high
  const clip = (box, node) => {
    let { left, right, top, bottom } = box;
    for (let at = node.parentElement; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.visibility === "hidden" || style.display === "none") return null;
      if (at.classList.contains("unseen") || at.classList.contains("readout")) return null;
      if (style.overflowX === "visible" || at === document.body) continue;
      const room = at.getBoundingClientRect();
      left = Math.max(left, room.left);
      right = Math.min(right, room.right);
    }
    return right - left > 1 && bottom - top > 1 ? { left, right, top, bottom } : null;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!parent.checkVisibility()) continue; // folded away
    if (!node.data.trim() || ["SCRIPT", "STYLE", "title", "desc"].includes(parent.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      const seen = clip(box, node);
      if (seen) found.push({ ...seen, node, text: node.data.trim().slice(0, 40) });
    }
  }
  found.sort((a, b) => a.top - b.top);
  const pairs = [];
  found.forEach((a, i) => {
    for (let j = i + 1; j < found.length && found[j].top < a.bottom - SLACK; j += 1) {
      const b = found[j];
      const apart = b.left >= a.right - 1 || a.left >= b.right - 1;
      if (!apart && a.node !== b.node) pairs.push(`${a.text} | ${b.text}`);
    }
  });
  return pairs;
}
