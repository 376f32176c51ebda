/**
 * The view of a signed-in person: sidebar, top bar, conversation.
 */
import { closeRoom, openRoom } from "./conversation.js";
import { $, clone, part } from "./dom.js";
import { t } from "./i18n.js";
import { openSidebar } from "./sidebar.js";
import * as store from "./store.js";

/**
 * @param {HTMLElement} view
 * @returns {() => void} leaves the view
 */
export function openChat(view) {
  const app = clone("app-template");
  view.replaceChildren(app);
  const ends = [openSidebar(), store.onChange("rooms", showTitle), store.onChange("roomId", showTitle)];
  window.addEventListener("kuvaka:moved", move);
  window.addEventListener("popstate", move);
  move();
  return () => {
    window.removeEventListener("kuvaka:moved", move);
    window.removeEventListener("popstate", move);
    closeRoom();
    for (const end of ends) end();
  };
}

/** Open the room that the address names. */
function move() {
  const { roomId, messageId } = store.place();
  store.set({ roomId });
  showTitle();
  openRoom(roomId, { messageId });
}

function showTitle() {
  const room = store.room();
  part($("#main"), "room-title").textContent = room?.name ?? (store.get().roomId === null ? t("room.new") : "");
  part($("#main"), "room-settings").hidden = room === undefined;
  document.title = room ? t("app.room_title", { room: room.name }) : t("app.title");
}
