/**
 * The earlier answers to a message, to leaf through.
 */
import { list } from "./api.js";
import { part } from "./dom.js";
import { number, t } from "./i18n.js";

export class Versions {
  /** @param {import("./message_view.js").MessageView} view */
  constructor(view) {
    this.view = view;
    /** Oldest first; the last one is current. @type {EarlierReply[] | null} */
    this._replies = null;
    this._at = 0;
    /** @type {Promise<void> | null} */
    this._loading = null;
    const { element } = view;
    part(element, "earlier").addEventListener("click", () => this._go(-1));
    part(element, "later").addEventListener("click", () => this._go(1));
    // The API does not say with a message how many replies it has: ask when somebody comes near.
    for (const event of ["pointerenter", "focusin"]) part(element, "answer").addEventListener(event, () => this.load());
  }

  forget() {
    this._replies = null;
    this._loading = null;
    this._at = 0;
  }

  get isEarlier() {
    return this._replies !== null && this._at < this._replies.length - 1;
  }

  /** The text of the earlier version that is shown. */
  get text() {
    return this.isEarlier ? (this._replies?.[this._at].content ?? "") : null;
  }

  load() {
    if (this.view.isUnfinished) return Promise.resolve();
    this._loading ??= this._read().catch(() => {
      this._loading = null;
    });
    return this._loading;
  }

  async _read() {
    const { id, reply } = this.view.message;
    const { items } = await list("/message/{message_id}/replies", { params: { message_id: id }, query: { limit: 100 } });
    if (this.view.message.reply.id !== reply.id) return;
    const done = items.filter((each) => each.is_current || each.content);
    this._replies = done.sort((a, b) => Number(a.is_current) - Number(b.is_current) || a.id - b.id);
    this._at = this._replies.length - 1;
    this.view.showState();
  }

  show() {
    const count = this._replies?.length ?? 0;
    part(this.view.element, "versions").hidden = count < 2 || this.view.isUnfinished;
    if (count < 2) return;
    part(this.view.element, "version").textContent = t("answer.version", { number: number(this._at + 1), count: number(count) });
    /** @type {HTMLButtonElement} */ (part(this.view.element, "earlier")).disabled = this._at === 0;
    /** @type {HTMLButtonElement} */ (part(this.view.element, "later")).disabled = this._at === count - 1;
  }

  /** @param {number} step */
  _go(step) {
    const chosen = this._replies?.[this._at + step];
    if (!chosen) return;
    this._at += step;
    this.view.clearAnswer();
    const isCurrent = chosen.is_current;
    const { message } = this.view;
    this.view.showReply((isCurrent ? message.gemini_response : chosen.content) ?? "", (isCurrent ? message.reply.parts : chosen.parts) ?? null);
    part(this.view.element, "question-text").textContent = isCurrent ? message.content : chosen.question;
    this.view.showState();
  }
}
