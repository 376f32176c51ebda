/**
 * Small numbers in an answer's text where it rests on a source.
 *
 * A mark goes into the Markdown as three characters that stand in no real text, and out of the rendered text again as a
 * link. So it lands where the text is, whatever the markup around it.
 */
import { unitsOf } from "./code_points.js";

const FENCE = "\ufffc"; // a symbol to Markdown, so that it ends emphasis as a full stop does
const FIRST = 0xe000;
const MOST = 99;
const MARK = /\ufffc([\ue000-\ue0ff])\ufffc/g;

/**
 * @param {string} text the whole text
 * @param {Part[]} sources
 * @returns {{at: number, number: number}[]} where marks go, in UTF-16 units, from the end to the beginning
 */
export function marksOf(text, sources) {
  const ends = sources.flatMap((source, index) => (source.spans ?? []).map((span) => ({ end: span[1], number: index + 1 })));
  const units = unitsOf(text, ends.map((each) => each.end));
  const seen = new Set();
  return ends
    .filter(({ number }) => number <= MOST)
    .map(({ end, number }) => ({ at: placeFor(text, units.get(end) ?? text.length), number }))
    .filter(({ at, number }) => !seen.has(`${at} ${number}`) && seen.add(`${at} ${number}`))
    .sort((a, b) => b.at - a.at || b.number - a.number);
}

/** Not behind a line's end or a cell's, and not between the two stars of emphasis. @param {string} text @param {number} at */
function placeFor(text, at) {
  const back = () => {
    while (at > 0 && /[\s|]/.test(text[at - 1])) at -= 1;
  };
  back();
  const line = text.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = text.indexOf("\n", at);
  // The line below a table's head, or a rule: no text stands in it.
  if (/^[\s|:=-]+$/.test(text.slice(line, lineEnd < 0 ? text.length : lineEnd))) {
    at = line;
    back();
  }
  // Not in a link either: behind it.
  for (const { 0: target, index } of text.slice(line, lineEnd < 0 ? text.length : lineEnd).matchAll(/\]\([^()\s]*\)/g)) {
    if (at > line + index && at < line + index + target.length) at = line + index + target.length;
  }
  while (at < text.length && at > 0 && /[*_~`]/.test(text[at]) && /[*_~`]/.test(text[at - 1])) at += 1;
  return at;
}

/** @param {string} text @param {{at: number, number: number}[]} marks */
export function withMarks(text, marks) {
  let marked = text.replaceAll(FENCE, "\ufffd");
  for (const { at, number } of marks) {
    marked = marked.slice(0, at) + FENCE + String.fromCharCode(FIRST + number) + FENCE + marked.slice(at);
  }
  return marked;
}

/**
 * Turn the characters in what was rendered into links.
 * @param {HTMLElement} root
 * @param {(number: number) => HTMLElement} link
 */
export function placeMarks(root, link) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const texts = [];
  while (walker.nextNode()) {
    const text = /** @type {Text} */ (walker.currentNode);
    if (text.data.includes(FENCE)) texts.push(text);
  }
  for (const anchor of root.querySelectorAll("a[href*='%EF%BF%BC']")) {
    anchor.setAttribute("href", (anchor.getAttribute("href") ?? "").replace(/%EF%BF%BC.*?%EF%BF%BC/g, ""));
  }
  for (const text of texts) {
    const parts = text.data.split(MARK);
    const isCode = text.parentElement?.closest("pre, code, [data-maths], .as-written");
    if (isCode) {
      text.data = parts.filter((_, index) => index % 2 === 0).join("");
      continue;
    }
    text.replaceWith(...parts.map((each, index) => (index % 2 === 0 ? each : link(each.charCodeAt(0) - FIRST))));
  }
}

/** What a text says without marks. @param {string} text */
export function withoutMarks(text) {
  return text.replace(MARK, "");
}
