/**
 * One message and its answer: their states, and what a person can do with them.
 *
 * @typedef {object} Conversation the conversation, as a message needs it
 * @property {(message: Message) => void} changed the message is known anew; other tabs want to hear it
 * @property {(view: MessageView) => boolean} isLast
 * @property {(view: MessageView) => boolean} mayFollow whether its reply is the next one of the room
 * @property {(view: MessageView) => void} gone
 * @property {(error: unknown) => void} refused tell the person about a failed request
 */
import { request } from "./api.js";
import { AnswerBody } from "./answer_body.js";
import { listFiles } from "./attachments.js";
import { copy } from "./copying.js";
import { announce, clone, part } from "./dom.js";
import { openEditor } from "./editor.js";
import { has, relative, t } from "./i18n.js";
import { showSources, showSuggestions, Thoughts } from "./parts.js";
import { isFinal, ReplyStream } from "./reply_stream.js";
import { Versions } from "./versions.js";

/** Reasons for which the same message fails again. */
const HOPELESS = new Set(["provider_auth", "provider_billing", "model_not_found"]);

export class MessageView {
  /** @param {Message} message @param {Conversation} room */
  constructor(message, room) {
    this.message = message;
    this.room = room;
    this.element = clone("exchange-template");
    this.element.dataset.id = String(message.id);
    this.body = new AnswerBody(part(this.element, "body"));
    this.thoughts = new Thoughts(part(this.element, "thoughts"));
    this.versions = new Versions(this);
    /** @type {ReplyStream | null} */
    this.stream = null;
    /** @type {import("./reply_stream.js").Line} */
    this._line = "live";
    this._replyId = message.reply.id;
    this._hasEarlier = false;
    /** @type {Part[]} */
    this._parts = [];
    /** @type {string | undefined} */
    this._suggestions = undefined;
    /** Whether a finished answer waits for a frame in which it is drawn. */
    this._isDrawing = false;
    this._wire();
    this.update(message);
  }

  get isUnfinished() {
    return !isFinal(this.message);
  }

  /** @param {Message} message as the API has it now */
  update(message) {
    const isNew = message.reply.id !== this._replyId;
    this.message = message;
    if (isNew) {
      this._replyId = message.reply.id;
      this._stopStream();
      this.clearAnswer();
      this.versions.forget();
      this._hasEarlier = true;
    }
    this._showQuestion();
    if (isFinal(message)) this._finish(message);
    else this.follow();
    this.showState();
  }

  clearAnswer() {
    this.body.reset();
    this.thoughts.reset();
    this._parts = [];
    showSources(part(this.element, "sources"), []);
    showSuggestions(part(this.element, "search-suggestions"), undefined);
    this._suggestions = undefined;
  }

  /** Open the stream, once it is this reply's turn. */
  follow() {
    if (this.stream || !this.isUnfinished || !this.message.stream_url || !this.room.mayFollow(this)) return;
    this.stream = new ReplyStream(this.message, {
      onEvent: (name, data) => this._take(name, data),
      onLine: (line) => {
        if (line === this._line) return;
        this._line = line;
        this.showState();
      },
      onFinal: (message) => {
        this.stream = null;
        this.update(message);
        this.room.changed(message);
        announce(t(outcomeKey(message)));
      },
      onGone: (problem) => {
        this.stream = null;
        if (/** @type {{status?: number}} */ (problem).status === 404) this.room.gone(this);
      },
    });
    this.stream.start();
  }

  /** Leave the screen. */
  close() {
    this._stopStream();
    this.body.reset();
    this.thoughts.reset();
  }

  _stopStream() {
    this.stream?.stop();
    this.stream = null;
    this._line = "live";
  }

  /** @param {string} name @param {any} data */
  _take(name, data) {
    if (name === "start") {
      this.clearAnswer();
      this.body.root.classList.add("live");
      this._generates();
      this.showState();
    } else if (name === "delta") {
      if (!this.body.text) {
        announce(t("announce.began"));
        this.thoughts.settle();
      }
      const isFirst = !this.body.root.hasChildNodes();
      this.body.append(data.text);
      if (isFirst) this.showState();
    } else if (name === "thought") {
      this.thoughts.append(data.text);
      this.showState();
    } else if (name === "code" || name === "code_result") {
      this.body.addCode(name, data.text);
      this.showState();
    } else if (name === "source") {
      this._parts.push({ type: "source", ...data });
      showSources(part(this.element, "sources"), this._parts);
    } else if (name === "search_suggestions") {
      showSuggestions(part(this.element, "search-suggestions"), data.html);
    }
  }

  _generates() {
    /** @type {Reply} */
    const reply = { ...this.message.reply, status: "generating", retry: null };
    this.message = { ...this.message, reply };
  }

  /** @param {Message} message */
  _finish(message) {
    this._stopStream();
    this.showReply(message.gemini_response ?? "", message.reply.parts ?? null);
    if (this._hasEarlier) this.versions.load();
  }

  /** @param {string} text @param {Part[] | null} parts */
  showReply(text, parts) {
    this.thoughts.finish(parts);
    this._isDrawing = true;
    const finished = this.body.finish(text, parts).finally(() => {
      if (this.finished !== finished) return; // another answer is shown by now
      this._isDrawing = false;
      this._showBusy();
    });
    this.finished = finished;
    const sources = (parts ?? []).filter((each) => each.type === "source");
    showSources(part(this.element, "sources"), sources);
    const suggestions = (parts ?? []).find((each) => each.type === "search_suggestions")?.html;
    if (suggestions !== this._suggestions) showSuggestions(part(this.element, "search-suggestions"), suggestions);
    this._suggestions = suggestions;
  }

  _showQuestion() {
    const text = part(this.element, "question-text");
    if (text.textContent !== this.message.content) text.textContent = this.message.content;
    listFiles(part(this.element, "files"), this.message.files);
  }

  /** Show what state the answer is in, and what can be done now. */
  showState() {
    const { reply } = this.message;
    const isFailed = reply.status === "failed";
    const line = this._stateText();
    part(this.element, "state").hidden = line === null;
    part(this.element, "state-text").textContent = line ?? "";
    part(this.element, "state").classList.toggle("trouble", this._line === "reconnecting" || this._line === "offline");
    part(this.element, "failure").hidden = !isFailed;
    if (isFailed) part(this.element, "failure-text").textContent = t(failureKey(this.message));
    part(this.element, "retry").hidden = HOPELESS.has(reply.error ?? "");
    const note = this._note();
    part(this.element, "note").hidden = note === null;
    part(this.element, "note").textContent = note ?? "";
    part(this.element, "answer-tools").hidden = this.isUnfinished || isFailed;
    part(this.element, "copy").hidden = !this.body.text;
    const isLast = this.room.isLast(this);
    part(this.element, "edit").hidden = !isLast || this.isUnfinished;
    part(this.element, "regenerate").hidden = !isLast;
    this.element.classList.toggle("last", isLast);
    this.element.dataset.status = reply.status;
    this._showBusy();
    this.versions.show();
  }

  /** An answer is busy until all of it is on screen, which may be some frames after its last word has come. */
  _showBusy() {
    this.element.setAttribute("aria-busy", String(this.isUnfinished || this._isDrawing));
  }

  /** @returns {string | null} */
  _stateText() {
    const { reply } = this.message;
    if (!this.isUnfinished) return null;
    if (this._line === "offline") return t("answer.offline");
    if (this._line === "reconnecting") return t("answer.reconnecting");
    if (reply.status === "queued" && reply.retry) {
      const isSoon = Date.parse(reply.retry.at) - Date.now() < 3000;
      return isSoon ? t("answer.retrying") : t("answer.retrying_at", { when: relative(reply.retry.at) });
    }
    if (this.body.root.hasChildNodes() || this.thoughts.text) return "";
    if (!this.room.mayFollow(this)) return t("answer.in_turn");
    return reply.status === "generating" ? t("answer.generating") : t("answer.queued");
  }

  /** @returns {string | null} */
  _note() {
    const { reply } = this.message;
    if (this.versions.isEarlier) return t("answer.earlier");
    if (reply.status === "stopped") return t(this.message.gemini_response ? "answer.stopped" : "answer.stopped_empty");
    return reply.finish_reason === "max_tokens" ? t("answer.cut") : null;
  }

  _wire() {
    const on = (/** @type {string} */ name, /** @type {() => unknown} */ run) =>
      part(this.element, name).addEventListener("click", run);
    on("retry", () => this._ask("/message/{message_id}/retry"));
    on("regenerate", () => this._ask("/message/{message_id}/regenerate"));
    on("copy", () => copy(part(this.element, "copy"), this.versions.text ?? this.body.text));
    on("copy-question", () => copy(part(this.element, "copy-question"), this.message.content));
    on("edit", () => this.edit());
    this.element.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const code = target.closest("[data-copy-code]");
      if (code) copy(/** @type {HTMLElement} */ (code), code.closest("figure")?.querySelector("code")?.textContent ?? "");
      const mark = target.closest("[data-source]");
      if (mark) this._goToSource(Number(/** @type {HTMLElement} */ (mark).dataset.source));
    });
  }

  /** @param {number} number */
  _goToSource(number) {
    const source = this.element.querySelector(`.source[data-number="${number}"] a`);
    if (source instanceof HTMLElement) source.focus({ preventScroll: false });
  }

  edit() {
    if (this.isUnfinished) return;
    openEditor(this.element, this.message.content, async (content) => {
      const changed = await request("PATCH", "/message/{message_id}", { params: { message_id: this.message.id }, body: { content } });
      this.update(changed);
      this.room.changed(changed);
    });
  }

  async stop() {
    try {
      const stopped = await request("POST", "/message/{message_id}/stop", { params: { message_id: this.message.id } });
      this.update(stopped);
      this.room.changed(stopped);
      announce(t("announce.stopped"));
    } catch (error) {
      if (/** @type {{code?: string}} */ (error).code === "reply_is_final") this.stream?.check();
      else this.room.refused(error);
    }
  }

  /** @param {"/message/{message_id}/retry" | "/message/{message_id}/regenerate"} path */
  async _ask(path) {
    const button = /** @type {HTMLButtonElement} */ (part(this.element, path.endsWith("retry") ? "retry" : "regenerate"));
    button.disabled = true;
    try {
      const asked = await request("POST", path, { params: { message_id: this.message.id } });
      if (path.endsWith("retry")) this.clearAnswer();
      this.update(asked);
      this.room.changed(asked);
    } catch (error) {
      this.room.refused(error);
    } finally {
      button.disabled = false;
    }
  }
}

/** What a screen reader says at the end. @param {Message} message */
function outcomeKey(message) {
  if (message.reply.status === "failed") return failureKey(message);
  return message.reply.status === "stopped" ? "announce.stopped" : "announce.done";
}

/** @param {Message} message */
function failureKey(message) {
  const key = `failed.${message.reply.error}`;
  return has(key) ? key : "failed.unknown";
}

