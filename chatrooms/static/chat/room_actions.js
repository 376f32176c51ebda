/**
 * What can be done with a room from a list: each action can be undone for some seconds.
 */
import { accessToken, request } from "./api.js";
import { announce, toast } from "./dom.js";
import { t } from "./i18n.js";
import { explain } from "./problems.js";
import { currentToken, wasSignedIn } from "./session.js";
import * as store from "./store.js";

/** Deletions that can still be undone: each call completes one. @type {Set<() => Promise<void>>} */
const pending = new Set();

/** Delete now what could still be undone: the session is about to end. */
export async function finishDeletions() {
  await Promise.all([...pending].map((finish) => finish()));
}

/**
 * Run an action; a failure is said in a toast.
 * @param {() => Promise<unknown>} run
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function attempt(run) {
  try {
    await run();
    return true;
  } catch (error) {
    toast({ text: explain(error) });
    return false;
  }
}

/**
 * @param {Room} room
 * @param {boolean} pinned
 */
export async function pin(room, pinned) {
  if (await attempt(() => store.changeRoom(room.id, { pinned }))) announce(t(pinned ? "room.pinned" : "room.unpinned"));
}

/** @param {Room} room */
export async function archive(room) {
  if (!(await attempt(() => store.changeRoom(room.id, { archived: true })))) return;
  if (store.get().roomId === room.id) store.go(null);
  toast({ text: t("room.archived"), action: { label: t("undo"), run: () => restore(room) } });
}

/** @param {Room} room */
export function restore(room) {
  return attempt(() => store.changeRoom(room.id, { archived: false }));
}

/**
 * Take the room out of the list at once, and delete it when nobody has undone that for some seconds.
 * @param {Room} room
 * @param {() => void} [putBack] what an undo does besides
 */
export async function remove(room, putBack) {
  store.hideRoom(room.id);
  if (store.get().roomId === room.id) store.go(null);
  // The page may be closed before the request is sent: then it is sent on the way out, with a token that works by now.
  if (currentToken() === null) await accessToken().catch(() => undefined);
  const leave = () => {
    window.removeEventListener("pagehide", leave);
    deleteOnTheWayOut(room.id);
  };
  window.addEventListener("pagehide", leave);
  const show = () => {
    pending.delete(finish);
    window.removeEventListener("pagehide", leave);
    store.showRoom(room.id);
    putBack?.();
  };
  const finish = async () => {
    if (!pending.delete(finish)) return;
    close();
    window.removeEventListener("pagehide", leave);
    if (!wasSignedIn()) return; // signed out elsewhere meanwhile: the room stays
    const gone = await attempt(() => request("DELETE", "/chatroom/{room_id}", { params: { room_id: room.id } }));
    if (!gone) return show();
    store.dropRoom(room.id);
    store.broadcast("rooms-changed");
  };
  pending.add(finish);
  const undo = { label: t("undo"), run: show };
  const close = toast({ text: t("room.deleted", { room: room.name }), action: undo, onGone: finish });
}

/** @param {number} roomId */
function deleteOnTheWayOut(roomId) {
  const headers = { Authorization: `Bearer ${currentToken()}` };
  fetch(`/chatroom/${roomId}`, { method: "DELETE", headers, keepalive: true }).catch(() => undefined);
  store.broadcast("rooms-changed");
}
