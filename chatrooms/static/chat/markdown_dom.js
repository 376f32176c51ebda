/**
 * Tokens to nodes. Containers are made node by node; what is inline in them passes the sanitiser as HTML.
 * A record remembers what a token became, so that the same token is not rendered again.
 * @typedef {import("./vendor/marked.js").Token} Token
 * @typedef {{key: string, type: string, node: Node, children: Rendered[], shown: string}} Rendered
 * @typedef {{definitions: import("./markdown_lexer.js").Definitions, closed: boolean, rendered: number,
 *   onFigure: (figure: HTMLElement) => void, onCode: (figure: HTMLElement) => void}} Context
 */
import { inlineTokens } from "./markdown_lexer.js";
import purify from "./vendor/purify.js";

const TAGS = ["a", "b", "br", "code", "del", "em", "i", "ins", "kbd", "mark", "s", "small", "span", "strong", "sub", "sup", "u"];
const CONFIG = /** @type {const} */ ({
  RETURN_DOM_FRAGMENT: true,
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ["href", "class"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
});

/** Characters of code in a block of its own, at least. */
const CHUNK = 2000;

/** Tags that may stand in an answer as they are, without attributes; all others are shown as text. */
const PLAIN_TAG = /^<(\/?)(b|br|del|em|i|ins|kbd|mark|s|small|strong|sub|sup|u)\s*\/?>$/i;
const SAFE_LINK = /^(?:https?:\/\/|mailto:)[^\s]+$/i;
const ESCAPES = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" });

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"']/g, (character) => ESCAPES[character]);

const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos|nbsp|copy|mdash|ndash|hellip|rarr|larr|times));/gi;
const NAMED = /** @type {Record<string, string>} */ ({
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", mdash: "—", ndash: "–",
  hellip: "…", rarr: "→", larr: "←", times: "×",
});

/** @param {string} text */
function decode(text) {
  return text.replace(ENTITY, (whole, decimal, hex, name) => {
    if (name) return NAMED[name.toLowerCase()] ?? whole;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
  });
}

/** @param {Token[]} tokens @returns {string} */
function html(tokens) {
  return tokens.map(inlineHtml).join("");
}

/** @param {Token} token @returns {string} */
function inlineHtml(token) {
  const inner = () => (token.tokens ? html(token.tokens) : escape(decode(token.text ?? "")));
  switch (token.type) {
    case "strong": case "em": case "del":
      return `<${token.type}>${inner()}</${token.type}>`;
    case "codespan":
      return `<code>${escape(token.text ?? "")}</code>`;
    case "br":
      return "<br>";
    case "link":
      return SAFE_LINK.test(token.href) ? `<a href="${escape(token.href)}">${inner()}</a>` : escape(token.raw);
    case "image": // A picture from elsewhere would tell its server that it was looked at: it becomes a link.
      return SAFE_LINK.test(token.href)
        ? `<a class="picture-link" href="${escape(token.href)}">${escape(token.text || token.href)}</a>`
        : escape(token.raw);
    case "html":
      return PLAIN_TAG.test(token.raw) ? token.raw.toLowerCase() : escape(token.raw);
    case "maths":
      return `<span class="maths${token.display ? " display" : ""}">${escape(token.text ?? "")}</span>`;
    case "checkbox":
      return "";
    case "escape": case "plain":
      return escape(token.text ?? "");
    default:
      return inner();
  }
}

/** What is inline in a leaf, sanitised. @param {string} text @param {Context} context @returns {Node} */
function inline(text, context) {
  context.rendered += 1;
  const made = html(inlineTokens(text, context.definitions));
  if (!/[<&]/.test(made)) return document.createTextNode(made);
  const fragment = purify.sanitize(made, CONFIG);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const maths of /** @type {NodeListOf<HTMLElement>} */ (fragment.querySelectorAll(".maths"))) {
    maths.dataset.maths = maths.classList.contains("display") ? "display" : "inline";
    maths.dir = "ltr";
  }
  return fragment;
}

/** @param {string} tag @param {string} text @param {Context} context */
function leaf(tag, text, context) {
  const element = document.createElement(tag);
  element.dir = "auto";
  element.append(inline(text, context));
  return element;
}

/** @param {Token} token */
function codeFigure(token) {
  const figure = document.createElement("figure");
  figure.className = "code-block";
  figure.dir = "ltr";
  const language = /^[\w+#.-]{1,20}/.exec(token.lang ?? "")?.[0] ?? "";
  if (language) figure.dataset.language = language.toLowerCase();
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  const code = document.createElement("code");
  appendCode(code, token.text ?? "");
  pre.append(code);
  figure.append(pre);
  return figure;
}

/** @param {Token} token @param {Context} context @returns {HTMLElement} */
function emptyContainer(token, context) {
  if (token.type === "list") {
    const list = document.createElement(token.ordered ? "ol" : "ul");
    if (token.ordered && typeof token.start === "number" && token.start !== 1) {
      /** @type {HTMLOListElement} */ (list).start = token.start;
    }
    list.dir = "auto";
    return list;
  }
  if (token.type === "list_item") {
    const item = document.createElement("li");
    item.dir = "auto";
    if (token.task) item.className = token.checked ? "task done" : "task";
    return item;
  }
  if (token.type === "table") {
    const frame = document.createElement("div");
    frame.className = "table-frame";
    frame.tabIndex = 0;
    const table = frame.appendChild(document.createElement("table"));
    table.dir = "auto";
    const head = table.createTHead().insertRow();
    for (const cell of token.header) head.append(tableCell("th", cell, context));
    table.createTBody();
    return frame;
  }
  const quote = document.createElement("blockquote");
  quote.dir = "auto";
  return quote;
}

/** @param {"th"|"td"} tag @param {any} cell @param {Context} context */
function tableCell(tag, cell, context) {
  const element = leaf(tag, cell.text, context);
  if (cell.align) element.classList.add(`align-${cell.align}`);
  return element;
}

/** The blocks inside a container; none for a leaf. @param {Token} token @returns {Token[]} */
function childrenOf(token) {
  if (token.type === "list") return token.items;
  if (token.type === "blockquote") return token.tokens ?? [];
  if (token.type === "list_item") {
    const inside = token.tokens ?? [];
    return token.loose ? inside.map((each) => (each.type === "text" ? { ...each, type: "paragraph" } : each)) : inside;
  }
  if (token.type !== "table") return [];
  return token.rows.map((/** @type {any[]} */ cells) => ({
    type: "row", raw: cells.map((cell) => `${cell.align} ${cell.text}`).join("\n"), cells,
  }));
}

/** @param {Token} token */
const isContainer = (token) => ["list", "list_item", "blockquote", "table"].includes(token.type);

/** @param {Node} node */
const bodyOf = (node) => (node instanceof HTMLElement && node.querySelector(":scope > table > tbody")) || node;

/** What has to be equal for a container to be kept and only its children compared. @param {Token} token */
function frameKey(token) {
  if (token.type === "list") return `list ${token.ordered} ${token.start} ${token.loose}`;
  if (token.type === "list_item") return `item ${token.task} ${token.checked} ${token.loose}`;
  if (token.type === "table") return `table ${token.header.map((/** @type {any} */ h) => `${h.align} ${h.text}`).join("\n")}`;
  return token.type === "code" ? `code ${token.lang}` : token.type;
}

/** @param {Token} token @param {Context} context @returns {Node} */
function leafNode(token, context) {
  const text = token.text ?? token.raw;
  switch (token.type) {
    case "heading": return leaf(`h${Math.min(token.depth + 1, 6)}`, text, context);
    case "hr": return document.createElement("hr");
    case "code": {
      const figure = codeFigure(token);
      context.onFigure(figure);
      return figure;
    }
    case "row": {
      const row = document.createElement("tr");
      row.append(...token.cells.map((/** @type {any} */ cell) => tableCell("td", cell, context)));
      return row;
    }
    case "mathsBlock": {
      const maths = document.createElement("div");
      maths.className = "maths";
      maths.dataset.maths = "display";
      maths.dir = "ltr";
      maths.textContent = text;
      return maths;
    }
    case "html": case "plain": { // A block of HTML is shown as it was written.
      const shown = document.createElement("p");
      shown.dir = "auto";
      shown.className = "as-written";
      shown.textContent = token.type === "html" ? token.raw.trimEnd() : text;
      return shown;
    }
    case "text": { // The text of a tight list's item has no paragraph of its own.
      const span = leaf("span", text, context);
      span.className = "item-text";
      return span;
    }
    default: return leaf("p", text, context);
  }
}

/** Add to what an open block of code shows. @param {Rendered} record @param {Token} token */
function extendCode(record, token) {
  const code = /** @type {HTMLElement} */ (record.node).querySelector("code");
  if (!code || !token.text?.startsWith(record.shown)) return false;
  appendCode(code, token.text.slice(record.shown.length));
  record.shown = token.text;
  return true;
}

/**
 * Add text in blocks of some dozens of lines each: so a long code is not laid out anew as a whole with each line. Where
 * they end depends on the text alone, not on how it came.
 * @param {HTMLElement} code @param {string} text
 */
function appendCode(code, text) {
  while (text) {
    let data = /** @type {Text | undefined} */ (code.lastElementChild?.firstChild ?? undefined);
    if (!data || (data.length >= CHUNK && data.data.endsWith("\n"))) {
      const chunk = code.appendChild(document.createElement("span"));
      chunk.className = "chunk";
      data = chunk.appendChild(document.createTextNode(""));
    }
    const end = text.indexOf("\n", Math.max(0, CHUNK - 1 - data.length));
    const size = end < 0 ? text.length : end + 1;
    data.appendData(text.slice(0, size));
    text = text.slice(size);
  }
}

/**
 * Show these tokens; yields after each piece of work, so that a long text takes several frames.
 * @param {(index: number) => Node} parentOf where each of them belongs
 * @param {Rendered[]} records what it shows; changed in place
 * @param {Token[]} tokens
 * @param {Context} context
 * @param {boolean} isLast whether nothing follows the parent, so its last block may still grow
 * @returns {Generator<void>}
 */
export function* reconcile(parentOf, records, tokens, context, isLast) {
  const shown = tokens.filter((token) => !["space", "def", "checkbox"].includes(token.type));
  for (const [index, token] of shown.entries()) {
    const open = isLast && !context.closed && index === shown.length - 1;
    const refers = token.raw.includes("[") ? context.definitions.signature : "";
    const key = `${token.type}\n${frameKey(token)}\n${open && (token.type === "code" || isContainer(token)) ? "open" : ""}${refers}\n${token.raw}`;
    const record = records[index];
    if (record?.key === key) continue;
    if (record && isContainer(token) && record.type === frameKey(token)) {
      yield* reconcile(() => bodyOf(record.node), record.children, childrenOf(token), context, open);
    } else if (record && token.type === "code" && record.type === frameKey(token) && extendCode(record, token)) {
      if (!open) context.onCode(/** @type {HTMLElement} */ (record.node));
    } else {
      const node = isContainer(token) ? emptyContainer(token, context) : leafNode(token, context);
      /** @type {Rendered} */
      const made = { key, type: frameKey(token), node, children: [], shown: token.text ?? "" };
      if (record) record.node.parentNode?.replaceChild(node, record.node);
      else parentOf(index).appendChild(node);
      records[index] = made;
      if (isContainer(token)) yield* reconcile(() => bodyOf(node), made.children, childrenOf(token), context, open);
      else if (token.type === "code" && !open) context.onCode(/** @type {HTMLElement} */ (made.node));
    }
    records[index].key = key;
    yield;
  }
  for (const record of records.splice(shown.length)) record.node.parentNode?.removeChild(record.node);
}
