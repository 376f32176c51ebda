/**
 * The conversation of the open room: its messages, and the composer below them.
 */
import { list, request } from "./api.js";
import { Composer } from "./composer.js";
import { connection } from "./connection.js";
import { $, $$, part } from "./dom.js";
import { t } from "./i18n.js";
import { View, loadView, loadViewLater } from "./message_loading.js";
import { explain } from "./problems.js";
import { isFinal } from "./reply_stream.js";
import { Scrolling } from "./scrolling.js";
import * as store from "./store.js";

/** @typedef {import("./message_view.js").MessageView} MessageView */

const PAGE = 20;
/** The longest page of the API, for the way to a message far up. */
const LONG_PAGE = 100;

/** @type {Conversation | null} */
let current = null;

/**
 * @param {number | null} roomId null for a new chat
 * @param {{messageId?: number | null}} options the message to show first
 */
export function openRoom(roomId, { messageId = null } = {}) {
  current ??= new Conversation($("#conversation"), $("#composer"));
  loadViewLater();
  current.open(roomId, messageId);
}

/** Leave the room: what it listens to ends. */
export function closeRoom() {
  current?.close();
  current = null;
}

class Conversation {
  /** @param {HTMLElement} root @param {HTMLElement} composer */
  constructor(root, composer) {
    root.replaceChildren(document.importNode(/** @type {HTMLTemplateElement} */ ($("#conversation-template")).content, true));
    this.root = root;
    this.list = part(root, "messages");
    /** @type {number | null | undefined} */
    this.roomId = undefined;
    /** By the message's id, in the order of the room. @type {Map<number, MessageView>} */
    this.views = new Map();
    /** @type {string | null} */
    this.older = null;
    /** The page that is being read; it tells whether it came. @type {Promise<boolean> | null} */
    this._loadingOlder = null;
    this._room = this._asSeenByMessages();
    this.scrolling = new Scrolling(part(root, "scroller"), {
      onTop: () => this._loadOlder(),
      onFollowing: (follows) => (part(root, "to-end").hidden = follows),
    });
    this.composer = new Composer(composer, {
      send: (content, fileIds, key) => this._send(content, fileIds, key),
      stop: () => this._unfinished()?.stop(),
      editLast: () => [...this.views.values()].at(-1)?.edit(),
    });
    part(root, "to-end").addEventListener("click", () => this.scrolling.toEnd());
    part(root, "load-again").addEventListener("click", () => this._load());
    for (const button of $$("[data-part=suggestion]", root)) {
      button.addEventListener("click", () => this.composer.fill(part(button, "prompt").textContent ?? ""));
    }
    const refresh = () => document.visibilityState === "visible" && this._refresh();
    const readAgain = () => (this.views.size ? this._refresh() : this._load());
    connection.addEventListener("back", readAgain);
    document.addEventListener("visibilitychange", refresh);
    this._ends = [
      store.onBroadcast("message-changed", ({ message }) => this._heard(message)),
      store.onBroadcast("room-changed", ({ roomId }) => roomId === this.roomId && this._refresh()),
      store.onChange("user", () => this._greet()),
      () => connection.removeEventListener("back", readAgain),
      () => document.removeEventListener("visibilitychange", refresh),
    ];
  }

  close() {
    this._leave();
    this.scrolling.close();
    this.composer.close();
    for (const end of this._ends) end();
    this.root.replaceChildren();
  }

  /** @param {number | null} roomId @param {number | null} messageId */
  async open(roomId, messageId) {
    if (roomId !== this.roomId) {
      this._leave();
      this.roomId = roomId;
      this.composer.open(roomId);
      part(this.root, "empty").hidden = roomId !== null;
      this.root.classList.toggle("is-empty", roomId === null);
      this._greet();
      if (roomId !== null) await this._load();
    }
    if (messageId !== null && this.roomId === roomId) await this._goTo(messageId);
  }

  _leave() {
    for (const view of this.views.values()) view.close();
    this.views.clear();
    this.list.replaceChildren();
    this.older = null;
    this._loadingOlder = null;
    part(this.root, "older").hidden = true;
    part(this.root, "load-failed").hidden = true;
    part(this.root, "to-end").hidden = true;
    this.scrolling.follows = true;
  }

  _greet() {
    const name = store.get().user?.display_name;
    part(this.root, "greeting").textContent = name ? t("conversation.greeting_name", { name }) : t("conversation.greeting");
  }

  async _load() {
    const { roomId } = this;
    if (roomId === null || roomId === undefined) return;
    part(this.root, "load-failed").hidden = true;
    const late = setTimeout(() => (part(this.root, "skeleton").hidden = false), 250);
    try {
      const [{ items, next }] = await Promise.all([
        list("/chatroom/{room_id}/messages", { params: { room_id: roomId }, query: { limit: PAGE } }),
        loadView(),
      ]);
      if (this.roomId !== roomId) return;
      this.older = next;
      for (const message of items) this._put(message);
      this.scrolling.toEnd();
      this._settle();
      [...this.views.values()].at(-1)?.versions.load();
    } catch (error) {
      if (this.roomId !== roomId) return;
      part(this.root, "load-problem").textContent = explain(error);
      part(this.root, "load-failed").hidden = false;
    } finally {
      clearTimeout(late);
      part(this.root, "skeleton").hidden = true;
    }
  }

  /** Read the newest page again: other devices may have sent something. */
  async _refresh() {
    const { roomId } = this;
    if (roomId === null || roomId === undefined || this.views.size === 0) return;
    try {
      const { items } = await list("/chatroom/{room_id}/messages", { params: { room_id: roomId }, query: { limit: PAGE } });
      if (this.roomId !== roomId) return;
      if (items.length > 0 && !items.some((each) => this.views.has(each.id))) {
        // More was sent than a page holds: what lies between is read by scrolling, as in a room just opened.
        this._leave();
        await this._load();
        return;
      }
      for (const message of items) this._put(message);
      this._settle();
    } catch {
      // The next occasion comes.
    }
  }

  /** Calls at the same time share one request. @param {number} limit @returns {Promise<boolean>} whether an older page came */
  _loadOlder(limit = PAGE) {
    if (this._loadingOlder !== null) return this._loadingOlder;
    const loading = this._readOlder(limit).finally(() => {
      if (this._loadingOlder === loading) this._loadingOlder = null;
    });
    this._loadingOlder = loading;
    return loading;
  }

  /** @param {number} limit */
  async _readOlder(limit) {
    const { roomId, older } = this;
    if (older === null || roomId === null || roomId === undefined) return false;
    part(this.root, "older").hidden = false;
    try {
      const { items, next } = await list("/chatroom/{room_id}/messages", {
        params: { room_id: roomId }, query: { limit, cursor: older },
      });
      if (this.roomId !== roomId) return false;
      this.older = next;
      const views = items.filter((each) => !this.views.has(each.id)).map((each) => new View(each, this._room));
      this.views = new Map([...views.map((view) => /** @type {const} */ ([view.message.id, view])), ...this.views]);
      for (const view of views) view.body.flush();
      this.scrolling.keeping(() => {
        part(this.root, "older").hidden = true;
        this.list.prepend(...views.map((view) => view.element));
        for (const view of views) view.showState();
      });
      return true;
    } catch {
      if (this.roomId === roomId) part(this.root, "older").hidden = true; // scrolling tries again
      return false;
    }
  }

  /** @param {number} messageId */
  async _goTo(messageId) {
    const { roomId } = this;
    while (!this.views.has(messageId) && this.roomId === roomId) {
      if (!(await this._loadOlder(LONG_PAGE))) break;
    }
    if (this.roomId !== roomId) return;
    const view = this.views.get(messageId);
    if (!view) return;
    await view.finished;
    this.scrolling.show(view.element);
    view.element.classList.add("found");
    setTimeout(() => view.element.classList.remove("found"), 2500);
  }

  /** Show a message, or what has changed in it. @param {Message} message */
  _put(message) {
    const known = this.views.get(message.id);
    if (known) {
      const had = known.message;
      const isSame = had.reply.id === message.reply.id && isFinal(had) && isFinal(message) && had.content === message.content
        && had.reply.status === message.reply.status && had.gemini_response === message.gemini_response;
      // A stream knows more about a reply that is being written.
      if (!isSame && !(known.stream && had.reply.id === message.reply.id && !isFinal(message))) known.update(message);
      return;
    }
    const view = new View(message, this._room);
    const after = [...this.views.keys()].filter((id) => id < message.id).at(-1);
    this.views.set(message.id, view);
    if (after === undefined) this.list.prepend(view.element);
    else {
      this.views.get(after)?.element.after(view.element);
      this.views = new Map([...this.views].sort(([a], [b]) => a - b));
    }
  }

  /** What depends on the other messages: whose turn it is, which is the last. */
  _settle() {
    for (const view of this.views.values()) {
      view.follow();
      view.showState();
    }
    part(this.root, "empty").hidden = this.views.size > 0 || this.roomId !== null;
    this.root.classList.toggle("is-empty", this.views.size === 0 && this.roomId === null);
    this.composer.setBusy(this._unfinished() !== undefined);
  }

  _unfinished() {
    return [...this.views.values()].find((view) => view.isUnfinished);
  }

  /** Another tab tells. @param {Message} message */
  async _heard(message) {
    await loadView();
    if (message.chatroom_id !== this.roomId) return;
    this._put(message);
    this._settle();
  }

  /** @returns {import("./message_view.js").Conversation} what a message may ask of the conversation */
  _asSeenByMessages() {
    return {
      changed: (message) => {
        this._settle();
        store.broadcast("message-changed", { message });
        if (isFinal(message)) this._afterReply(message);
      },
      isLast: (view) => [...this.views.keys()].at(-1) === view.message.id,
      mayFollow: (view) => {
        const first = this._unfinished();
        return first === undefined || first === view;
      },
      gone: (view) => {
        this.views.delete(view.message.id);
        view.close();
        view.element.remove();
        this._settle();
      },
      refused: (error) => this.composer.refuse(error),
    };
  }

  /** The room may have got its title, and the allowance has changed. @param {Message} message */
  _afterReply(message) {
    store.loadUsage().catch(() => undefined);
    store.reloadRoom(message.chatroom_id).catch(() => undefined);
    if (store.room(message.chatroom_id)?.name) return;
    setTimeout(() => store.reloadRoom(message.chatroom_id).catch(() => undefined), 4000);
  }

  /** @param {string} content @param {number[]} fileIds @param {string} key */
  async _send(content, fileIds, key) {
    let { roomId } = this;
    if (roomId === null || roomId === undefined) {
      roomId = (await store.createRoom({})).id;
      this.composer.moveTo(roomId);
      if (this.roomId === null) { // else another room was opened meanwhile, and stays open
        this.roomId = roomId;
        store.go(roomId, null, { replace: true });
      }
    }
    const viewing = loadView();
    viewing.catch(() => undefined); // it is awaited below
    const message = await request("POST", "/chatroom/{room_id}/message", {
      params: { room_id: roomId },
      body: fileIds.length ? { content, file_ids: fileIds } : { content },
      headers: { "Idempotency-Key": key },
    });
    store.broadcast("message-changed", { message });
    store.loadUsage().catch(() => undefined);
    store.reloadRoom(roomId).catch(() => undefined);
    await viewing;
    if (this.roomId !== message.chatroom_id) return;
    this._put(message);
    this._settle();
    this.scrolling.toEnd();
  }
}
