/**
 * The archived rooms, in a dialog.
 */
import { list } from "./api.js";
import { clone, part, showDialog } from "./dom.js";
import { t } from "./i18n.js";
import { attempt, remove, restore } from "./room_actions.js";
import * as store from "./store.js";

/** Show them; the promise ends when the dialog is closed. */
export async function showArchived() {
  const dialog = clone("archived-template");
  const rooms = part(dialog, "rooms");
  const more = part(dialog, "more");
  /** @type {string | undefined} */
  let cursor;
  const check = () => {
    part(dialog, "empty").hidden = rooms.childElementCount > 0;
  };
  const load = () =>
    attempt(async () => {
      const page = await list("/chatroom", { query: { archived: true, limit: 30, cursor } });
      cursor = page.next ?? undefined;
      more.hidden = page.next === null;
      rooms.append(...page.items.map((room) => archivedRow(room, dialog, check)));
      check();
    });
  more.addEventListener("click", load);
  load();
  await showDialog(dialog);
}

/**
 * @param {Room} room
 * @param {HTMLElement} dialog
 * @param {() => void} changed
 * @returns {HTMLElement}
 */
function archivedRow(room, dialog, changed) {
  const row = clone("archived-room-template");
  const link = /** @type {HTMLAnchorElement} */ (part(row, "link"));
  link.textContent = room.name;
  link.href = `#/c/${room.id}`;
  const leave = () => /** @type {HTMLDialogElement} */ (dialog).close();
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
    store.go(room.id);
  });
  const back = part(row, "restore");
  back.title = t("room.restore");
  back.setAttribute("aria-label", t("room.restore_named", { room: room.name }));
  back.addEventListener("click", async () => {
    if (!(await restore(room))) return;
    focusNext(row, dialog);
    row.remove();
    changed();
  });
  const bin = part(row, "delete");
  bin.title = t("room.delete");
  bin.setAttribute("aria-label", t("room.delete_named", { room: room.name }));
  bin.addEventListener("click", () => {
    leave(); // the toast with the undo would be inert under the dialog
    remove(room);
  });
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {HTMLElement} dialog
 */
function focusNext(row, dialog) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (next instanceof HTMLElement) part(next, "restore").focus();
  else /** @type {HTMLElement | null} */ (dialog.querySelector("[data-close]"))?.focus();
}
