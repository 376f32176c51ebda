/**
 * The body of an answer: its text in Markdown, and between it the code that Google ran with its result.
 */
import { clone, part } from "./dom.js";
import { t } from "./i18n.js";
import { unitsOf } from "./code_points.js";
import { highlight } from "./highlight.js";
import { MarkdownView } from "./markdown.js";
import { showMaths } from "./maths.js";
import { marksOf, placeMarks, withMarks } from "./source_marks.js";

/** @typedef {{view: MarkdownView, element: HTMLElement, start: number, isMarked: boolean}} Segment a stretch of text */

export class AnswerBody {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.text = "";
    /** @type {Segment[]} */
    this._segments = [];
    this._isOpen = false;
  }

  /** Show nothing, or this. */
  reset() {
    for (const segment of this._segments) segment.view.stop();
    this.root.replaceChildren();
    Object.assign(this, { text: "", _segments: [], _isOpen: false });
  }

  /** @param {string} more */
  append(more) {
    this._segment().view.append(more);
    this.text += more;
  }

  /** @param {"code" | "code_result"} kind @param {string} text */
  addCode(kind, text) {
    const last = this.root.lastElementChild;
    if (last instanceof HTMLElement && last.dataset.ran === kind) {
      part(last, "code").append(text);
      return;
    }
    if (this._isOpen) this._segments.at(-1)?.view.finish();
    this._isOpen = false;
    this.root.append(ranCode(kind, text));
  }

  /**
   * Show a finished text, from what is on screen if that is its beginning.
   * @param {string} text
   * @param {Part[] | null} parts
   * @returns {Promise<void>} once it is on screen
   */
  async finish(text, parts) {
    // A reply that was stopped gets its parts a moment after its text.
    if (this.text !== text || (parts !== null && !this._hasCodeOf(parts))) this._replay(text, parts);
    for (const segment of this._segments) segment.view.finish();
    await Promise.all(this._segments.map((segment) => segment.view.done));
    this._isOpen = false;
    await this._mark(text, (parts ?? []).filter((each) => each.type === "source"));
    for (const segment of this._segments) await showMaths(segment.element);
  }

  /** Put all on screen now, in one go. */
  flush() {
    for (const segment of this._segments) segment.view.flush();
  }

  /** @param {Part[] | null} parts */
  _hasCodeOf(parts) {
    const codes = (parts ?? []).filter((each) => each.type === "code" || each.type === "code_result").length;
    return codes === this.root.querySelectorAll("[data-ran]").length;
  }

  /** @param {string} text @param {Part[] | null} parts */
  _replay(text, parts) {
    const codes = (parts ?? []).some((each) => each.type === "code" || each.type === "code_result");
    if (!codes && !this.root.querySelector("[data-ran]") && text.startsWith(this.text)) {
      if (text.length > this.text.length) this.append(text.slice(this.text.length));
      return;
    }
    this.reset();
    if (!codes) {
      if (text) this.append(text);
      return;
    }
    const texts = (parts ?? []).filter((each) => each.type === "text");
    const units = unitsOf(text, texts.flatMap((each) => [each.start ?? 0, each.end ?? 0]));
    for (const each of parts ?? []) {
      if (each.type === "text") this.append(text.slice(units.get(each.start ?? 0), units.get(each.end ?? 0)));
      else if (each.type === "code" || each.type === "code_result") this.addCode(each.type, each.text ?? "");
    }
  }

  /** @returns {Segment} the one that grows */
  _segment() {
    const last = this._segments.at(-1);
    if (last && this._isOpen) return last;
    const element = document.createElement("div");
    element.className = "prose";
    this.root.append(element);
    const view = new MarkdownView(element, {
      onFigure: dressCode,
      onCode: (figure) => {
        const code = figure.querySelector("code");
        if (code && figure.dataset.language) highlight(code, figure.dataset.language);
      },
      onRendered: () => made.isMarked && placeMarks(element, sourceMark),
    });
    /** @type {Segment} */
    const made = { view, element, start: this.text.length, isMarked: false };
    this._segments.push(made);
    this._isOpen = true;
    return made;
  }

  /** @param {string} text @param {Part[]} sources */
  async _mark(text, sources) {
    const marks = marksOf(text, sources);
    if (marks.length === 0) return;
    for (const [index, segment] of this._segments.entries()) {
      const end = this._segments[index + 1]?.start ?? text.length;
      const mine = marks.filter(({ at }) => at > segment.start && at <= end);
      if (mine.length === 0) continue;
      const before = segment.element.querySelector("[data-maths]") ? null : segment.element.textContent;
      const moved = mine.map((each) => ({ ...each, at: each.at - segment.start }));
      const plain = text.slice(segment.start, end);
      segment.isMarked = true;
      await segment.view.revise(withMarks(plain, moved));
      if (before !== null && before !== unmarkedText(segment.element)) await segment.view.revise(plain);
    }
  }
}

/** @param {HTMLElement} element */
function unmarkedText(element) {
  const copy = /** @type {HTMLElement} */ (element.cloneNode(true));
  for (const mark of copy.querySelectorAll(".source-mark")) mark.remove();
  return copy.textContent;
}

/** @param {number} number */
function sourceMark(number) {
  const mark = document.createElement("sup");
  mark.className = "source-mark";
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.source = String(number);
  button.setAttribute("aria-label", t("answer.source", { number }));
  button.textContent = String(number);
  mark.append(button);
  return mark;
}

/** A block of code gets its language and a button that copies it. @param {HTMLElement} figure */
function dressCode(figure) {
  const head = clone("code-head-template");
  part(head, "language").textContent = figure.dataset.language ?? "";
  figure.prepend(head);
}

/** @param {"code" | "code_result"} kind @param {string} text */
function ranCode(kind, text) {
  const figure = clone("ran-code-template");
  figure.dataset.ran = kind;
  part(figure, "language").textContent = t(kind === "code" ? "answer.code" : "answer.code_result");
  const code = part(figure, "code");
  code.append(text);
  if (kind === "code") highlight(code, "python");
  return figure;
}
