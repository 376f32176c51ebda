/**
 * What the page knows, and who wants to know when it changes; the tabs of a browser tell each other.
 */
import { list, request } from "./api.js";

/**
 * @typedef {object} State
 * @property {Me | null} user
 * @property {Usage | null} usage
 * @property {Tier[]} tiers
 * @property {Subscription | null} subscription
 * @property {Room[]} rooms those that are loaded of the list: pinned first, then the latest
 * @property {Room | null} further the open room, if it is not among those (an archived one, or one far down)
 * @property {number[]} hidden rooms that are about to be deleted
 * @property {string | null} roomsNext the cursor of the list's next page
 * @property {number | null} roomId the open room; null is a new chat
 */

/** @returns {State} */
function empty() {
  return { user: null, usage: null, tiers: [], subscription: null, rooms: [], further: null, hidden: [], roomsNext: null, roomId: null };
}

/** @type {State} */
let state = empty();
const changes = new EventTarget();

/** @returns {Readonly<State>} */
export function get() {
  return state;
}

/** @param {Partial<State>} values */
export function set(values) {
  const names = /** @type {(keyof State)[]} */ (Object.keys(values)).filter((name) => state[name] !== values[name]);
  state = { ...state, ...values };
  for (const name of names) changes.dispatchEvent(new Event(name));
}

/**
 * @param {keyof State} name
 * @param {() => void} run
 * @returns {() => void} ends it
 */
export function onChange(name, run) {
  changes.addEventListener(name, run);
  return () => changes.removeEventListener(name, run);
}

/** Forget everything, after a sign-out. */
export function clear() {
  set(empty());
}

// Tabs

/** @typedef {"rooms-changed" | "room-changed" | "message-changed" | "signed-out" | "signed-in" | "user-changed"} Kind */
const channel = new BroadcastChannel("kuvaka");

/**
 * Tell the other tabs.
 * @param {Kind} kind
 * @param {Record<string, unknown>} data
 */
export function broadcast(kind, data = {}) {
  channel.postMessage({ kind, userId: state.user?.id ?? null, ...data });
}

/**
 * @param {Kind} kind
 * @param {(data: any) => void} run
 * @returns {() => void} ends it
 */
export function onBroadcast(kind, run) {
  /** @param {MessageEvent} event */
  const listen = ({ data }) => {
    const isOurs = data.userId === null || data.userId === state.user?.id;
    if (data.kind === kind && (isOurs || kind === "signed-in")) run(data);
  };
  channel.addEventListener("message", listen);
  return () => channel.removeEventListener("message", listen);
}

// Rooms

/**
 * The open room or another, if it is loaded.
 * @param {number | null} roomId
 * @returns {Room | undefined}
 */
export function room(roomId = state.roomId) {
  return state.rooms.find((each) => each.id === roomId) ?? (state.further?.id === roomId ? state.further : undefined);
}

/**
 * @param {Room[]} rooms
 * @returns {Room[]} in the order of the API's list
 */
function sorted(rooms) {
  return [...rooms].sort(
    (a, b) => Number(b.pinned) - Number(a.pinned) || Date.parse(b.updated_at) - Date.parse(a.updated_at) || b.id - a.id,
  );
}

/** How often the list began anew. */
let beginnings = 0;

/** Read the list's first page again. */
export async function loadRooms() {
  const { items, next } = await list("/chatroom", { query: { limit: 40 } });
  beginnings += 1;
  set({ rooms: items, roomsNext: next });
}

/** Read one more page of the list. */
export async function loadMoreRooms() {
  if (state.roomsNext === null) return;
  const before = beginnings;
  const { items, next } = await list("/chatroom", { query: { limit: 40, cursor: state.roomsNext } });
  if (before !== beginnings) return; // the list began anew meanwhile: this page no longer follows on what there is
  const known = new Set(state.rooms.map((each) => each.id));
  set({ rooms: [...state.rooms, ...items.filter((each) => !known.has(each.id))], roomsNext: next });
}

/**
 * Put a room as the API showed it into the list, or take it out.
 * @param {Room | RoomWithMessages} changed
 */
export function keepRoom(changed) {
  const room = /** @type {Room} */ ({ ...changed, messages: [] });
  const others = state.rooms.filter((each) => each.id !== room.id);
  set({ rooms: room.archived ? others : sorted([room, ...others]) });
  if (room.id === state.roomId) set({ further: room });
}

/** @param {number} roomId */
export function hideRoom(roomId) {
  set({ hidden: [...state.hidden, roomId] });
}

/** @param {number} roomId */
export function showRoom(roomId) {
  set({ hidden: state.hidden.filter((each) => each !== roomId) });
}

/** @param {number} roomId */
export function dropRoom(roomId) {
  set({ rooms: state.rooms.filter((each) => each.id !== roomId) });
  showRoom(roomId);
}

/**
 * @param {RoomChange} fields
 * @returns {Promise<Room>}
 */
export async function createRoom(fields = {}) {
  const made = await request("POST", "/chatroom", { body: fields });
  keepRoom(made);
  broadcast("rooms-changed");
  return made;
}

/**
 * @param {number} roomId
 * @param {RoomChange} fields
 * @returns {Promise<Room>}
 */
export async function changeRoom(roomId, fields) {
  const changed = await request("PATCH", "/chatroom/{room_id}", { params: { room_id: roomId }, body: fields });
  keepRoom(changed);
  broadcast("rooms-changed");
  broadcast("room-changed", { roomId });
  return changed;
}

/**
 * Read one room again: its title is written after the first reply, and its place changes with each message.
 * @param {number} roomId
 */
export async function reloadRoom(roomId) {
  keepRoom(await request("GET", "/chatroom/{room_id}", { params: { room_id: roomId } }));
  broadcast("rooms-changed");
}

/** Read again what is left of the allowance. */
export async function loadUsage() {
  set({ usage: await request("GET", "/usage") });
}

/** Read what there is to buy. */
export async function loadTiers() {
  set({ tiers: await request("GET", "/tiers", { open: true }) });
}

/** Read again whose account it is, and what it may use. */
export async function loadAccount() {
  const [user, subscription, usage] = await Promise.all([
    request("GET", "/user/me"),
    request("GET", "/subscription/status"),
    request("GET", "/usage"),
  ]);
  set({ user, subscription, usage });
}

// Where we are: #/c/12, or #/c/12/m/34 for a message of the room

/**
 * @param {number | null} roomId
 * @param {number | null} messageId
 * @param {{replace?: boolean}} options
 */
export function go(roomId, messageId = null, { replace = false } = {}) {
  const hash = roomId === null ? "#/" : messageId === null ? `#/c/${roomId}` : `#/c/${roomId}/m/${messageId}`;
  if (location.hash === hash || (hash === "#/" && location.hash === "")) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  window.dispatchEvent(new Event("kuvaka:moved"));
}

/** @returns {{roomId: number | null, messageId: number | null}} a new chat if the address names nothing that exists */
export function place() {
  const found = location.hash.match(/^#\/c\/(\d+)(?:\/m\/(\d+))?$/);
  if (!found && location.hash !== "") history.replaceState(null, "", "#/");
  return { roomId: found ? Number(found[1]) : null, messageId: found?.[2] ? Number(found[2]) : null };
}
