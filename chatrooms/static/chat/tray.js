/**
 * The files that go with the next message: chosen, uploading, uploaded, refused.
 *
 * @typedef {object} Item
 * @property {HTMLElement} element
 * @property {File | null} file null for one that a draft has kept
 * @property {UploadedFile | null} uploaded
 * @property {boolean} failed
 * @property {AbortController} ending
 * @property {string} key
 * @property {string} preview
 */
import { request } from "./api.js";
import { facts, showIcon, upload } from "./attachments.js";
import { announce, clone, part } from "./dom.js";
import { fileSize, number, t } from "./i18n.js";
import { newKey } from "./keys.js";
import { explain } from "./problems.js";
import * as store from "./store.js";

/** The server takes two uploads of a user at once. */
const AT_ONCE = 2;
const TRIES = 4;

export class Tray {
  /** @param {HTMLElement} root @param {{onChange: () => void, onRefused: (text: string) => void}} hooks */
  constructor(root, { onChange, onRefused }) {
    this.root = root;
    this.onChange = onChange;
    this.onRefused = onRefused;
    /** @type {Item[]} */
    this.items = [];
  }

  get uploaded() {
    return this.items.flatMap((item) => (item.uploaded ? [item.uploaded] : []));
  }

  get isUploading() {
    return this.items.some((item) => !item.uploaded && !item.failed);
  }

  get hasFailed() {
    return this.items.some((item) => item.failed);
  }

  /** Show those of a draft. @param {UploadedFile[]} files */
  restore(files) {
    this.clear();
    for (const file of files) {
      const item = this._item(file.name, file.kind, null);
      item.uploaded = file;
      this._settled(item);
    }
    this._changed();
  }

  clear() {
    for (const item of this.items) {
      item.ending.abort();
      if (item.preview) URL.revokeObjectURL(item.preview);
    }
    this.items = [];
    this._changed();
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const tier = this._tier();
    const most = tier?.files_per_message ?? 10;
    for (const file of files) {
      if (this.items.length >= most) {
        this.onRefused(t("file.too_many", { limit: number(most) }));
        break;
      }
      const item = this._item(file.name, file.type.split("/")[0], file);
      if (tier && file.size > tier.file_bytes) this._fail(item, t("file.too_large", { limit: fileSize(tier.file_bytes) }), false);
    }
    this._changed();
    this._next();
  }

  _tier() {
    const { tiers, usage } = store.get();
    return tiers.find((each) => each.slug === usage?.tier);
  }

  /** @param {string} name @param {string} kind @param {File | null} file */
  _item(name, kind, file) {
    const element = clone("attachment-template");
    /** @type {Item} */
    const item = { element, file, uploaded: null, failed: false, ending: new AbortController(), key: newKey(), preview: "" };
    part(element, "name").textContent = name;
    part(element, "facts").textContent = file ? fileSize(file.size) : "";
    element.title = name;
    showIcon(part(element, "picture"), kind);
    if (file && /^image\/(png|jpeg|webp|gif)$/.test(file.type)) {
      item.preview = URL.createObjectURL(file);
      const picture = new Image();
      picture.alt = "";
      picture.onload = () => part(element, "picture").replaceChildren(picture);
      picture.src = item.preview;
    }
    part(element, "remove").addEventListener("click", () => this._remove(item));
    part(element, "again").addEventListener("click", () => {
      item.failed = false;
      element.classList.remove("failed");
      part(element, "again").hidden = true;
      this._changed();
      this._next();
    });
    this.items.push(item);
    this.root.append(element);
    return item;
  }

  /** @param {Item} item */
  _remove(item) {
    item.ending.abort();
    if (item.preview) URL.revokeObjectURL(item.preview);
    this.items = this.items.filter((each) => each !== item);
    item.element.remove();
    if (item.uploaded) request("DELETE", "/files/{file_id}", { params: { file_id: item.uploaded.id } }).catch(() => undefined);
    this._changed();
    this._next();
  }

  _next() {
    const sending = this.items.filter((item) => item.element.dataset.sending);
    const waiting = this.items.filter((item) => !item.uploaded && !item.failed && !item.element.dataset.sending);
    for (const item of waiting.slice(0, AT_ONCE - sending.length)) this._send(item);
  }

  /** @param {Item} item */
  async _send(item) {
    const { element, file } = item;
    if (!file) return;
    element.dataset.sending = "yes";
    const progress = /** @type {HTMLProgressElement} */ (part(element, "progress"));
    const size = fileSize(file.size);
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          item.uploaded = await upload(file, item.key, (share) => {
            progress.value = share;
            const percent = number(share, { style: "percent", maximumFractionDigits: 0 });
            part(element, "facts").textContent = share < 1 ? t("file.uploading", { percent, size }) : t("file.checking");
          }, item.ending.signal);
          break;
        } catch (error) {
          const { status, retryAfter } = /** @type {import("./api.js").Problem} */ (error);
          if ((status !== 503 && status !== 429) || attempt === TRIES) throw error;
          await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(retryAfter ?? 1, 10)));
        }
      }
      this._settled(item);
    } catch (error) {
      if (item.ending.signal.aborted) return;
      const { status = 0 } = /** @type {{status?: number}} */ (error);
      this._fail(item, status === 0 ? t("file.offline") : explain(error), status === 0 || status >= 500 || status === 429);
    } finally {
      delete element.dataset.sending;
      this._changed();
      this._next();
    }
  }

  /** @param {Item} item */
  _settled(item) {
    item.element.classList.add("uploaded");
    if (item.uploaded) {
      part(item.element, "facts").textContent = facts(item.uploaded);
      if (!item.preview) showIcon(part(item.element, "picture"), item.uploaded.kind);
    }
  }

  /** @param {Item} item @param {string} text @param {boolean} mayPass */
  _fail(item, text, mayPass) {
    item.failed = true;
    item.element.classList.add("failed");
    part(item.element, "facts").textContent = text;
    part(item.element, "again").hidden = !mayPass;
    announce(`${part(item.element, "name").textContent}: ${text}`);
  }

  _changed() {
    this.root.replaceChildren(...this.items.map((item) => item.element));
    this.root.hidden = this.items.length === 0;
    this.onChange();
  }
}
