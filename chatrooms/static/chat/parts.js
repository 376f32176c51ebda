/**
 * What stands around an answer's text: the model's thoughts, the sources, Google's search suggestions.
 */
import { clone, part } from "./dom.js";
import { t } from "./i18n.js";
import { MarkdownView } from "./markdown.js";
import purify from "./vendor/purify.js";

const LONGEST_LINE = 90;

/** A summary of the model's thoughts: one line while it thinks, all of it when it is opened. */
export class Thoughts {
  /** @param {HTMLElement} details */
  constructor(details) {
    this.details = /** @type {HTMLDetailsElement} */ (details);
    this.text = "";
    this._view = new MarkdownView(part(details, "thought-text"));
    this._shown = 0;
    details.addEventListener("toggle", () => this._show());
  }

  reset() {
    this.text = "";
    this._shown = 0;
    this._view.reset();
    this.details.hidden = true;
  }

  /** @param {string} more */
  append(more) {
    this.text += more;
    this.details.hidden = false;
    const headings = [...this.text.matchAll(/\*\*([^*\n]+)\*\*/g)];
    const line = headings.at(-1)?.[1] ?? "";
    this._label(line ? line.slice(0, LONGEST_LINE) : t("answer.thinking"), true);
    this._show();
  }

  /** The model writes now, or has finished. */
  settle() {
    if (this.text) this._label(t("answer.thoughts"), false);
  }

  /** @param {Part[] | null} parts */
  finish(parts) {
    const text = (parts ?? []).filter((each) => each.type === "thought").map((each) => each.text).join("\n\n");
    if (text && text !== this.text) {
      if (!text.startsWith(this.text)) this.reset();
      this.text = text;
      this._show();
    }
    this.details.hidden = !this.text;
    this.settle();
  }

  /** @param {string} text @param {boolean} lasts */
  _label(text, lasts) {
    part(this.details, "thought-line").textContent = text;
    this.details.classList.toggle("lasts", lasts);
  }

  _show() {
    if (!this.details.open || this._shown === this.text.length) return;
    this._view.append(this.text.slice(this._shown));
    this._shown = this.text.length;
  }
}

/**
 * @param {HTMLElement} root
 * @param {Part[]} sources
 */
export function showSources(root, sources) {
  const list = part(root, "source-list");
  list.replaceChildren(
    ...sources.filter((source) => /^https?:\/\//i.test(source.url ?? "")).map((source, index) => {
      const item = clone("source-template");
      const link = /** @type {HTMLAnchorElement} */ (part(item, "link"));
      link.href = source.url ?? "";
      item.dataset.number = String(index + 1);
      part(item, "number").textContent = String(index + 1);
      part(item, "title").textContent = source.title || hostOf(source.url ?? "");
      part(item, "host").textContent = source.title ? hostOf(source.url ?? "") : "";
      return item;
    }),
  );
  root.hidden = list.childElementCount === 0;
}

/** @param {string} url */
function hostOf(url) {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return url;
  }
}

/**
 * Google's suggestions, as its terms ask, in a frame of their own: no script can run in it, and its style reaches nothing
 * else. The style comes by the style sheet's own interface, since the page's policy allows no inline one.
 * @param {HTMLElement} root
 * @param {string | undefined} html
 */
export function showSuggestions(root, html) {
  root.hidden = !html;
  root.replaceChildren();
  if (!html) return;
  const frame = document.createElement("iframe");
  // With allow-same-origin but not allow-scripts, this page can fill the frame, and the frame can do nothing.
  frame.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  frame.title = t("answer.suggestions");
  frame.className = "suggestions-frame";
  frame.addEventListener("load", () => fill(frame, html)); // each time that it comes onto the page
  root.append(frame);
}

/** Attributes with a style or a script. */
const INLINE = /\s(?:style|on[a-z]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi;

/** @param {HTMLIFrameElement} frame @param {string} html */
function fill(frame, html) {
  const inner = frame.contentDocument;
  const view = /** @type {(Window & typeof globalThis) | null} */ (frame.contentWindow);
  if (!inner || !view) return;
  const styles = [...html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map((match) => match[1]);
  // The sanitiser takes away what may run or load; before it, what the policy would report as soon as it is parsed.
  const rest = html.replace(/<style[^>]*>[\s\S]*?<\/style>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(INLINE, ""));
  const body = purify.sanitize(rest, {
    RETURN_DOM_FRAGMENT: true, USE_PROFILES: { html: true, svg: true },
    FORBID_TAGS: ["style", "img", "image", "video", "audio", "form", "input", "iframe", "use", "feImage"],
    FORBID_ATTR: ["style", "srcset", "src", "background", "poster"],
  });
  for (const link of body.querySelectorAll("a")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  const sheet = new view.CSSStyleSheet();
  sheet.replaceSync(
    `:root { color-scheme: light dark; } body { margin: 0; font: 14px system-ui, sans-serif; }\n${styles.join("\n").replace(/url\s*\(/gi, "none(")}`,
  );
  inner.adoptedStyleSheets = [sheet];
  const holder = inner.createElement("div");
  holder.append(inner.importNode(body, true));
  inner.body.replaceChildren(holder);
  requestAnimationFrame(() => {
    frame.style.blockSize = `${Math.min(Math.max(holder.offsetHeight, 24), 160)}px`;
  });
}
