/**
 * The field in which a message is written, with its files.
 *
 * @typedef {object} Actions
 * @property {(content: string, fileIds: number[], key: string) => Promise<void>} send
 * @property {() => void} stop
 * @property {() => void} editLast
 *
 * @typedef {{roomId: number | null, content: string, files: string, key: string}} Sending
 */
import { clone, part } from "./dom.js";
import { forgetDrafts, keepDraft, readDraft } from "./drafts.js";
import { grow } from "./editor.js";
import { number, t } from "./i18n.js";
import { newKey } from "./keys.js";
import { explain } from "./problems.js";
import { session } from "./session.js";
import { Tray } from "./tray.js";

const LONGEST = 16_000;
/** The count is shown near the limit only. */
const COUNT_FROM = 14_000;
/** Refusals that another plan would lift. */
const UPGRADES = new Set(["quota_exceeded", "token_share_reached", "file_too_large", "file_space_used_up", "too_many_files"]);

export class Composer {
  /** @param {HTMLElement} root @param {Actions} actions */
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    this.form = clone("composer-template");
    root.replaceChildren(this.form);
    this.field = /** @type {HTMLTextAreaElement} */ (part(this.form, "field"));
    this.input = /** @type {HTMLInputElement} */ (part(this.form, "files"));
    /** @type {number | null} */
    this.roomId = null;
    this._isBusy = false;
    /** The messages that are being sent, at most one for each room. @type {Set<Sending>} */
    this._sendings = new Set();
    /** By room, what was sent and may have arrived all the same; a repeat has its key. @type {Map<number | null, Sending>} */
    this._unsure = new Map();
    this.tray = new Tray(part(this.form, "attachments"), {
      onChange: () => this._changed(),
      onRefused: (text) => this.notice(text),
    });
    this._forget = () => forgetDrafts();
    session.addEventListener("ended", this._forget);
    this._wire();
  }

  close() {
    session.removeEventListener("ended", this._forget);
    this._endDrops?.();
    this._isSwitching = true; // an upload that ends later keeps no draft
    this.tray.clear = () => {};
    this.root.replaceChildren();
  }

  /** @param {number | null} roomId */
  open(roomId) {
    this._isSwitching = true;
    this.roomId = roomId;
    const draft = readDraft(roomId);
    this.field.value = draft.text;
    this.tray.restore(draft.files);
    this._isSwitching = false;
    this.setBusy(false);
    this.notice("");
    if (matchMedia("(pointer: fine)").matches) this.field.focus({ preventScroll: true });
  }

  /** The message of the new chat has got a room. @param {number} roomId */
  moveTo(roomId) {
    const sending = [...this._sendings].find((each) => each.roomId === null);
    if (sending) {
      sending.roomId = roomId;
      this._unsure.delete(null);
      this._unsure.set(roomId, sending);
    }
    const draft = readDraft(null);
    keepDraft(roomId, draft);
    keepDraft(null, { text: "", files: [] });
    if (this.roomId === null) this.roomId = roomId;
  }

  get _isSending() {
    return [...this._sendings].some((each) => each.roomId === this.roomId);
  }

  /** @param {string} text */
  fill(text) {
    this.field.value = text;
    this._changed();
    this.field.focus();
  }

  /** @param {boolean} isBusy whether an answer is being written that can be stopped */
  setBusy(isBusy) {
    this._isBusy = isBusy;
    this._changed();
  }

  /** @param {unknown} error */
  refuse(error) {
    const { code = "" } = /** @type {{code?: string}} */ (error);
    const upgrade = UPGRADES.has(code)
      ? { label: t("send.upgrade"), run: () => dispatchEvent(new Event("kuvaka:upgrade")) }
      : undefined;
    this.notice(explain(error), upgrade);
  }

  /** @param {string} text @param {{label: string, run: () => void}} [action] */
  notice(text, action) {
    const notice = part(this.form, "notice");
    notice.hidden = !text;
    part(this.form, "notice-text").textContent = text;
    const button = part(this.form, "notice-action");
    button.hidden = !action;
    button.textContent = action?.label ?? "";
    button.onclick = () => {
      notice.hidden = true;
      action?.run();
    };
  }

  _changed() {
    const { value } = this.field;
    const count = [...value].length;
    grow(this.field);
    this.form.classList.toggle("sending", this._isSending);
    const over = count - LONGEST;
    const counter = part(this.form, "counter");
    counter.hidden = count < COUNT_FROM;
    counter.textContent = over > 0 ? t("send.too_long", { count: number(over) }) : t("send.left", { count: number(-over) });
    counter.classList.toggle("error", over > 0);
    const canSend = Boolean(value.trim()) && over <= 0 && !this._isSending && !this.tray.isUploading && !this.tray.hasFailed;
    /** @type {HTMLButtonElement} */ (part(this.form, "send")).disabled = !canSend;
    const showsStop = this._isBusy && !value.trim() && this.tray.items.length === 0;
    part(this.form, "stop").hidden = !showsStop;
    part(this.form, "send").hidden = showsStop;
    if (!this._isSwitching) keepDraft(this.roomId, { text: value, files: this.tray.uploaded });
  }

  async _send() {
    const content = this.field.value.trim();
    if (!content || this._isSending || [...content].length > LONGEST) return;
    if (this.tray.isUploading || this.tray.hasFailed) {
      this.notice(t(this.tray.isUploading ? "file.wait" : "file.failed_first"));
      return;
    }
    const files = this.tray.uploaded;
    const ids = files.map((file) => file.id).join();
    const before = this._unsure.get(this.roomId);
    const isRepeat = before?.content === content && before.files === ids;
    const sending = { roomId: this.roomId, content, files: ids, key: isRepeat ? before.key : newKey() };
    this._unsure.set(this.roomId, sending);
    this._sendings.add(sending);
    this.notice("");
    this._changed();
    try {
      await this.actions.send(content, files.map((file) => file.id), sending.key);
      this._unsure.delete(sending.roomId);
      this._sendings.delete(sending);
      this._arrived(sending);
    } catch (error) {
      this._sendings.delete(sending);
      if (sending.roomId === this.roomId) this.refuse(error); // in another room, its draft is still there
    } finally {
      this._changed();
    }
  }

  /** Clear the field of the room in which the message was sent, or its draft while another room is open. @param {Sending} sent */
  _arrived({ roomId, content }) {
    if (roomId !== this.roomId) {
      if (readDraft(roomId).text.trim() === content) keepDraft(roomId, { text: "", files: [] });
      return;
    }
    if (this.field.value.trim() === content) this.field.value = "";
    this._isSwitching = true;
    this.tray.restore([]);
    this._isSwitching = false;
  }

  _wire() {
    const isTouch = matchMedia("(pointer: coarse)");
    this.field.enterKeyHint = isTouch.matches ? "enter" : "send";
    this.field.addEventListener("input", () => this._changed());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && (!isTouch.matches || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this._send();
      } else if (event.key === "ArrowUp" && !this.field.value) {
        event.preventDefault();
        this.actions.editLast();
      }
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this._send();
    });
    part(this.form, "stop").addEventListener("click", () => this.actions.stop());
    part(this.form, "notice-close").addEventListener("click", () => this.notice(""));
    part(this.form, "attach").addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.tray.add(this.input.files ?? []);
      this.input.value = "";
      this.field.focus();
    });
    this.field.addEventListener("paste", (event) => {
      const files = event.clipboardData?.files;
      if (!files?.length) return;
      event.preventDefault();
      this.tray.add(files);
    });
    part(this.form, "box").addEventListener("click", (event) => {
      if (event.target === event.currentTarget) this.field.focus();
    });
    this._wireDrops();
  }

  /** Files can be dropped anywhere in the conversation. */
  _wireDrops() {
    const area = /** @type {HTMLElement} */ (this.root.closest("#main") ?? this.root);
    const zone = part(this.form, "drop-zone");
    let depth = 0;
    const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
    const listeners = /** @type {[string, (event: any) => void][]} */ ([
      ["dragenter", (event) => hasFiles(event) && (zone.hidden = (depth += 1) === 0)],
      ["dragleave", (event) => hasFiles(event) && (zone.hidden = (depth = Math.max(0, depth - 1)) === 0)],
      ["dragover", (event) => hasFiles(event) && event.preventDefault()],
      ["drop", (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth = 0;
        zone.hidden = true;
        this.tray.add(event.dataTransfer.files);
        this.field.focus();
      }],
    ]);
    for (const [name, run] of listeners) area.addEventListener(name, run);
    this._endDrops = () => {
      for (const [name, run] of listeners) area.removeEventListener(name, run);
    };
  }
}
