/**
 * The view of a signed-in person: sidebar, top bar, conversation.
 */
import { Problem, request } from "./api.js";
import { mountBillingBanners } from "./billing.js";
import { mountConnectionBanner } from "./connection.js";
import { closeRoom, openRoom } from "./conversation.js";
import { $, clone, part, toast } from "./dom.js";
import { t } from "./i18n.js";
import { lazy } from "./lazy.js";
import { openSidebar } from "./sidebar.js";
import * as store from "./store.js";

/**
 * @param {HTMLElement} view
 * @returns {() => void} leaves the view
 */
export function openChat(view) {
  const app = clone("app-template");
  view.replaceChildren(app);
  const banners = $("#banners");
  const ends = [
    openSidebar(),
    mountConnectionBanner(banners),
    mountBillingBanners(banners),
    store.onChange("rooms", showTitle),
    store.onChange("further", showTitle),
  ];
  part(app, "skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names the room
    $("#message-field").focus();
  });
  part(app, "room-settings").addEventListener("click", async () => {
    const room = store.room();
    if (room) (await lazy(() => import("./room_settings.js")))?.openRoomSettings(room);
  });
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
  if (roomId !== null && store.room() === undefined) readRoom(roomId);
}

/**
 * A room that is not in the loaded part of the list.
 * @param {number} roomId
 */
async function readRoom(roomId) {
  try {
    const further = await request("GET", "/chatroom/{room_id}", { params: { room_id: roomId } });
    store.set({ further: /** @type {Room} */ ({ ...further, messages: [] }) });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404 || store.get().roomId !== roomId) return;
    toast({ text: t("room.gone") });
    store.go(null, null, { replace: true });
  }
}

function showTitle() {
  const room = store.room();
  part($("#main"), "room-title").textContent = room?.name ?? (store.get().roomId === null ? t("room.new") : "");
  part($("#main"), "room-settings").hidden = room === undefined;
  document.title = room ? t("app.room_title", { room: room.name }) : t("app.title");
}
