/**
 * Markdown to tokens, by marked, with maths and with guards against texts that would take it long.
 * @typedef {import("./vendor/marked.js").Token} Token
 */
import { Lexer, Marked } from "./vendor/marked.js";

/** Longer runs of inline text are shown as they are: some rules take time that grows with the square of the length. */
const LONGEST_INLINE = 12_000;
/** Deeper nesting than any real text has; marked calls itself for each level. */
const DEEPEST = 40;

/** `$x$` is maths; "from $5 to $10" is not: no space inside the dollars, and no digit after them. */
const INLINE_MATHS = /^(?:\$\$([^$\n]{1,2000}?)\$\$|\$(?![\s$])((?:\\.|[^\\$\n]){0,1999}?(?:\\.|[^\\$\s]))\$(?![\d$])|\\\((.{1,2000}?)\\\))/;
const BLOCK_MATHS = /^ {0,3}(?:\$\$[ \t]*\n?([^$]{1,8000}?)\n?[ \t]*\$\$|\\\[([\s\S]{1,8000}?)\\\])[ \t]*(?:\n|$)/;

const inlineMaths = {
  name: "maths",
  level: "inline",
  start: (/** @type {string} */ src) => {
    const found = src.search(/\$|\\\(/);
    return found < 0 ? undefined : found;
  },
  tokenizer(/** @type {string} */ src) {
    const match = INLINE_MATHS.exec(src);
    if (!match) return undefined;
    const text = match[1] ?? match[2] ?? match[3];
    return { type: "maths", raw: match[0], text, display: match[1] !== undefined };
  },
};

const blockMaths = {
  name: "mathsBlock",
  level: "block",
  start: (/** @type {string} */ src) => {
    const end = src.indexOf("\n\n", 1); // The paragraph that maths would interrupt ends there anyway.
    const found = (end < 0 ? src : src.slice(0, end)).search(/(?:^|\n) {0,3}(?:\$\$|\\\[)/);
    return found < 0 ? undefined : found;
  },
  tokenizer(/** @type {string} */ src) {
    const match = BLOCK_MATHS.exec(src);
    return match ? { type: "mathsBlock", raw: match[0], text: (match[1] ?? match[2]).trim() } : undefined;
  },
};

const options = new Marked({ gfm: true, extensions: [inlineMaths, blockMaths] }).defaults;

/** Link definitions by their label, which blocks after them (and, in the end, before them) refer to. */
export class Definitions {
  /** @param {Definitions} [earlier] */
  constructor(earlier) {
    /** @type {Record<string, {href: string, title: string}>} */
    this.links = Object.assign(Object.create(null), earlier?.links);
    /** What a block depends on that may refer to one of them. */
    this.signature = earlier?.signature ?? "";
  }

  /** Those that are not known yet: of two with one label the first counts. @param {Record<string, any>} links */
  add(links) {
    for (const [label, link] of Object.entries(links)) {
      if (label in this.links) continue;
      this.links[label] = link;
      this.signature += `${label}\n${link.href}\n`;
    }
  }
}

/**
 * The blocks of a text. What is inline in them is lexed when it is shown, by `inlineTokens`.
 * @param {string} text
 * @param {Definitions} definitions
 * @returns {Token[]}
 */
export function blockTokens(text, definitions) {
  text = text.replace(/\r\n?/g, "\n");
  if (isTooDeep(text)) return plain(text);
  const lexer = new Lexer(options);
  Object.assign(lexer.tokens.links, definitions.links);
  try {
    const tokens = lexer.blockTokens(text, []);
    definitions.add(lexer.tokens.links);
    return tokens;
  } catch {
    return plain(text);
  }
}

/**
 * @param {string} text
 * @param {Definitions} definitions
 * @returns {Token[]}
 */
export function inlineTokens(text, definitions) {
  if (text.length > LONGEST_INLINE || isCostly(text)) return plain(text);
  const lexer = new Lexer(options);
  Object.assign(lexer.tokens.links, definitions.links);
  try {
    return lexer.inlineTokens(text, []);
  } catch {
    return plain(text);
  }
}

/** @param {string} text */
function plain(text) {
  return [{ type: "plain", raw: text, text }];
}

/** Many openings without their ends: each makes marked look through the rest. @param {string} text */
function isCostly(text) {
  return text.length > 1500 && (text.match(/[[<`*_~$]/g)?.length ?? 0) > 1200;
}

const NESTED = new RegExp(`^[ \\t]*(?:>[ \\t]*|[-*+][ \\t]+|\\d{1,9}[.)][ \\t]+){${DEEPEST},}`, "m");
const INDENTED = new RegExp(`^[ \\t]{${DEEPEST * 4},}(?:>|[-*+] |\\d{1,9}[.)] )`, "m");

/** @param {string} text */
function isTooDeep(text) {
  return NESTED.test(text) || INDENTED.test(text);
}
