/**
 * A text in Markdown that grows, as nodes. Finished blocks are not lexed and not rendered again; at the end the whole
 * is compared with what a single rendering would give, and only what differs is made anew.
 * @typedef {import("./markdown_dom.js").Rendered} Rendered
 * @typedef {import("./vendor/marked.js").Token} Token
 */
import { reconcile } from "./markdown_dom.js";
import { blockTokens, Definitions } from "./markdown_lexer.js";

/** Milliseconds of work in one frame; the rest of a long text follows in the next ones. */
const BUDGET = 8;
/** Where frames are slow for other reasons, they take more of the work: this share of their time, and this many. */
const SHARE_OF_FRAME = 0.3;
const LARGEST_BUDGET = 20;
/** A text whose rendering takes long is rendered less often: it may take this share of the time. */
const SHARE = 0.3;
/** But it waits no longer than this many milliseconds. */
const LONGEST_PAUSE = 200;

/** Blocks in one section: a frame lays out the last section, and takes the others as they are. */
const SECTION = 30;

/** What all views together have spent in the current frame. */
const frame = { time: -1, spent: 0, budget: BUDGET };

/** @param {number} time */
function beginFrame(time) {
  if (time === frame.time) return;
  const budget = Math.min(Math.max((time - frame.time) * SHARE_OF_FRAME, BUDGET), LARGEST_BUDGET);
  Object.assign(frame, { time, spent: 0, budget: frame.time < 0 || time - frame.time > 1000 ? BUDGET : budget });
}

export class MarkdownView {
  /**
   * @param {HTMLElement} root
   * @param {{onFigure?: (figure: HTMLElement) => void, onCode?: (figure: HTMLElement) => void, onRendered?: () => void}}
   *   [hooks] `onFigure` gets each block of code when it begins, `onCode` when it is complete; `onRendered` is called
   *   after each change on screen.
   */
  constructor(root, hooks = {}) {
    this.root = root;
    this.onRendered = hooks.onRendered ?? (() => {});
    this.text = "";
    this.closed = false;
    /** Resolved once all is on screen after `finish`. @type {Promise<void>} */
    this.done = new Promise((resolve) => (this._resolve = resolve));
    this._context = {
      definitions: new Definitions(),
      closed: false,
      rendered: 0,
      onFigure: hooks.onFigure ?? (() => {}),
      onCode: hooks.onCode ?? (() => {}),
    };
    /** @type {Rendered[]} */
    this._committed = [];
    /** @type {Rendered[]} */
    this._tail = [];
    this._tailStart = 0;
    /** Those of the committed blocks. */
    this._definitions = new Definitions();
    /** @type {Generator<void> | null} */
    this._work = null;
    this._dirty = false;
    this._scheduled = 0;
    this._notBefore = 0;
    this._spent = 0;
  }

  /** How many leaves were rendered: a test holds that no finished block is rendered again. */
  get rendered() {
    return this._context.rendered;
  }

  /** @param {string} more */
  append(more) {
    this.text += more;
    this._plan();
  }

  /** Show another text from its beginning. @param {string} text */
  reset(text = "") {
    this._cancel();
    this.root.replaceChildren();
    Object.assign(this, { text, closed: false, _committed: [], _tail: [], _tailStart: 0, _work: null, _notBefore: 0 });
    this._definitions = new Definitions();
    this._context.closed = false;
    if (text) this._plan();
  }

  /** No more text comes: show it as a single rendering would. */
  finish() {
    if (this.closed) this.done = new Promise((resolve) => (this._resolve = resolve));
    this.closed = true;
    this._notBefore = 0;
    this._plan();
    return this.done;
  }

  /** Show a text that differs a little from the one on screen: what is the same stays. @param {string} text */
  revise(text) {
    this.text = text;
    return this.finish();
  }

  /** Do all that is left now, in one go: for a text that is short or not on screen. */
  flush() {
    do {
      this._dirty = false;
      this._work ??= this._start();
      while (!this._work.next().done);
      this._work = null;
    } while (this._dirty);
    this._cancel();
    this.onRendered();
    if (this.closed) this._resolve?.();
  }

  /** Do nothing more. */
  stop() {
    this._cancel();
  }

  _cancel() {
    if (this._scheduled) {
      cancelAnimationFrame(this._scheduled);
      clearTimeout(this._timer);
      this._scheduled = 0;
    }
  }

  _plan() {
    this._dirty = true;
    if (this._scheduled) return;
    const step = (/** @type {number} */ time) => {
      cancelAnimationFrame(this._scheduled);
      clearTimeout(this._timer);
      this._scheduled = 0;
      beginFrame(time);
      this._step();
    };
    this._scheduled = requestAnimationFrame(step);
    this._timer = setTimeout(() => step(performance.now()), 200); // A tab in the background has no frames.
  }

  _step() {
    const begun = performance.now();
    if (frame.spent >= frame.budget || (!this._work && begun < this._notBefore)) {
      this._plan();
      return;
    }
    if (!this._work) {
      this._dirty = false;
      this._spent = 0;
      this._work = this._start();
    }
    let done = false;
    while (!done && frame.spent + performance.now() - begun < frame.budget) done = Boolean(this._work.next().done);
    const now = performance.now();
    this._spent += now - begun;
    frame.spent += now - begun;
    if (done) {
      this._work = null;
      this._notBefore = this.closed ? 0 : now + (this._spent > 4 ? Math.min(this._spent / SHARE, LONGEST_PAUSE) : 0);
    }
    this.onRendered();
    if (!done || this._dirty) this._plan();
    else if (this.closed) this._resolve?.();
  }

  /** @returns {Generator<void>} */
  _start() {
    if (this.closed) return this._whole();
    return this._grown();
  }

  /** Render what follows the committed blocks, and commit what can no longer change. */
  *_grown() {
    const text = this.text.slice(this._tailStart);
    this._context.definitions = new Definitions(this._definitions);
    const tokens = blockTokens(text, this._context.definitions);
    yield;
    const solid = solidCount(tokens, text);
    const first = this._committed.length;
    yield* reconcile((index) => this._section(first + index), this._tail, tokens, this._context, true);
    this._trim();
    if (!solid.tokens) return;
    for (const token of tokens.slice(0, solid.tokens)) {
      if (token.type === "def") this._definitions.add({ [token.tag]: token });
    }
    this._committed.push(...this._tail.splice(0, solid.blocks));
    this._tailStart += solid.length;
  }

  /** The last rendering, which keeps every block that is as a single rendering would make it. */
  *_whole() {
    this._context.closed = true;
    this._context.definitions = new Definitions();
    const tokens = blockTokens(this.text, this._context.definitions);
    yield;
    const records = [...this._committed, ...this._tail];
    yield* reconcile((index) => this._section(index), records, tokens, this._context, true);
    this._trim();
    this._committed = records;
    this._tail = [];
    this._tailStart = this.text.length;
  }

  /** The element that a block belongs in, by its place among all: so it depends on the text alone. @param {number} index */
  _section(index) {
    const number = Math.floor(index / SECTION);
    const { children } = this.root;
    while (children.length <= number) this.root.appendChild(document.createElement("div")).className = "section";
    return children[number];
  }

  /** The text may have got fewer blocks. */
  _trim() {
    while (this.root.lastElementChild && !this.root.lastElementChild.hasChildNodes()) this.root.lastElementChild.remove();
  }
}

/**
 * How much of the text cannot change by what follows: all before the last block whose first line is complete.
 * @param {Token[]} tokens
 * @param {string} text
 */
function solidCount(tokens, text) {
  const nothing = { tokens: 0, blocks: 0, length: 0 };
  const lastLine = text.lastIndexOf("\n");
  if (lastLine < 0) return nothing;
  let start = 0;
  const starts = tokens.map((token) => {
    start += token.raw.length;
    return start - token.raw.length;
  });
  if (start !== text.length) return nothing; // marked has changed the text (tabs, line ends): wait for the end
  for (let index = tokens.length - 1; index > 0; index -= 1) {
    if (tokens[index].type === "space" || text.indexOf("\n", starts[index]) < 0) continue;
    const before = tokens.slice(0, index);
    const blocks = before.filter((token) => !["space", "def"].includes(token.type)).length;
    return { tokens: index, blocks, length: starts[index] };
  }
  return nothing;
}
