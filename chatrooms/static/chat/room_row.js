/**
 * One room in the list: its link, its menu, and its name being changed in place.
 */
import { clone, part } from "./dom.js";
import { t } from "./i18n.js";
import { menuButton } from "./menu.js";
import { archive, attempt, pin, remove } from "./room_actions.js";
import * as store from "./store.js";

/**
 * @param {Room} room
 * @returns {HTMLElement}
 */
export function roomRow(room) {
  const row = clone("room-template");
  row.dataset.room = String(room.id);
  const link = /** @type {HTMLAnchorElement} */ (part(row, "link"));
  link.href = `#/c/${room.id}`;
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    store.go(room.id);
  });
  link.addEventListener("dblclick", () => rename(row));
  link.addEventListener("keydown", (event) => {
    if (event.key === "F2") rename(row);
    if (event.key === "Delete") removeRow(row);
  });
  menuButton(part(row, "menu"), () => items(row));
  showRoom(row, room);
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {Room} room
 */
export function showRoom(row, room) {
  const link = part(row, "link");
  if (link.textContent !== room.name) nameLink(link, room.name);
  link.title = room.name;
  part(row, "menu").setAttribute("aria-label", t("room.menu", { room: room.name }));
  if (room.id === store.get().roomId) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

/**
 * @param {HTMLElement} row
 * @returns {Room | undefined}
 */
function roomOf(row) {
  return store.room(Number(row.dataset.room));
}

/**
 * @param {HTMLElement} row
 * @returns {import("./menu.js").Item[]}
 */
function items(row) {
  const room = roomOf(row);
  if (!room) return [];
  return [
    { label: t("room.rename"), icon: "edit", run: () => rename(row) },
    { label: t(room.pinned ? "room.unpin" : "room.pin"), icon: "pin", run: () => pin(room, !room.pinned) },
    { label: t("room.archive"), icon: "archive", run: () => archive(room) },
    { label: t("room.delete"), icon: "trash", danger: true, run: () => removeRow(row) },
  ];
}

/** @param {HTMLElement} row */
function removeRow(row) {
  const room = roomOf(row);
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  if (!room) return;
  remove(room);
  if (neighbour instanceof HTMLElement) part(neighbour, "link").focus();
}

/**
 * Change the name in place: Enter and leaving the field keep it, Escape does not.
 * @param {HTMLElement} row
 */
function rename(row) {
  const room = roomOf(row);
  if (!room || row.querySelector(".rename")) return;
  const input = /** @type {HTMLInputElement} */ (clone("rename-template"));
  input.value = room.name;
  let isOver = false;
  /** @param {boolean} keep */
  const finish = (keep) => {
    if (isOver) return;
    isOver = true;
    const hadFocus = document.activeElement === input;
    const name = input.value.trim();
    input.remove();
    if (hadFocus) part(row, "link").focus();
    if (!keep || name === "" || name === room.name) return;
    nameLink(part(row, "link"), name);
    attempt(() => store.changeRoom(room.id, { name })).then((kept) => kept || showRoom(row, roomOf(row) ?? room));
  };
  input.addEventListener("blur", () => finish(true));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") finish(true);
    if (event.key === "Escape") {
      event.stopPropagation();
      finish(false);
    }
  });
  row.prepend(input);
  input.focus();
  input.select();
}

/**
 * A name may be written from the other side; it still begins where the list does.
 * @param {HTMLElement} link
 * @param {string} name
 */
function nameLink(link, name) {
  const bdi = document.createElement("bdi");
  bdi.textContent = name;
  link.replaceChildren(bdi);
}
