/**
 * The conversation of the open room.
 */
import { $ } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @param {number | null} roomId null for a new chat
 * @param {{messageId?: number | null}} options the message to show first
 */
export function openRoom(roomId, { messageId = null } = {}) {
  $("#conversation").textContent = roomId === null ? t("conversation.greeting") : `${roomId} ${messageId ?? ""}`;
}

/** Leave the room: what it listens to ends. */
export function closeRoom() {}
