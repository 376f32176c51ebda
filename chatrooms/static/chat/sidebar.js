/**
 * The list of chats at the side; a drawer on phones.
 */
import { request } from "./api.js";
import { showArchived } from "./archived.js";
import { mountAllowance } from "./billing.js";
import { $, clone, part } from "./dom.js";
import { t } from "./i18n.js";
import { lazy } from "./lazy.js";
import { menuButton } from "./menu.js";
import { attempt, finishDeletions } from "./room_actions.js";
import { roomRow, showRoom } from "./room_row.js";
import { search } from "./search.js";
import { end } from "./session.js";
import * as store from "./store.js";

/** @returns {() => void} takes the sidebar down */
export function openSidebar() {
  const side = clone("sidebar-template");
  $("#sidebar").replaceChildren(side);
  part(side, "new").addEventListener("click", (event) => {
    event.preventDefault();
    store.go(null);
    closeDrawer();
    document.getElementById("message-field")?.focus();
  });
  search(side);
  menuButton(part(side, "account"), accountItems);
  part(side, "scroll").addEventListener("keydown", (event) => moveInList(side, event));
  const seen = loadAtTheEnd(side);
  const closeKeys = openDrawerOf(side);
  const ends = [
    ...["rooms", "roomId", "hidden"].map((name) => store.onChange(/** @type {any} */ (name), () => showRooms(side))),
    store.onChange("roomId", closeDrawer),
    store.onChange("user", () => showAccount(side)),
    store.onChange("tiers", () => showAccount(side)),
    store.onBroadcast("rooms-changed", () => store.loadRooms().catch(() => undefined)),
    mountAllowance(part(side, "allowance")),
    seen,
    closeKeys,
  ];
  showRooms(side);
  showAccount(side);
  return () => {
    for (const end of ends) end();
  };
}

/** @param {HTMLElement} side */
function showRooms(side) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const focusedRoom = focused?.closest?.("[data-room]")?.getAttribute("data-room");
  const { rooms, hidden, roomsNext, user } = store.get();
  const shown = rooms.filter((room) => !hidden.includes(room.id));
  const pinned = shown.filter((room) => room.pinned);
  const others = shown.filter((room) => !room.pinned);
  arrange(part(side, "pinned"), pinned);
  arrange(part(side, "rooms"), others);
  part(side, "pinned-heading").hidden = pinned.length === 0;
  part(side, "rooms-heading").hidden = others.length === 0;
  part(side, "empty").hidden = shown.length > 0 || user === null;
  part(side, "more").hidden = roomsNext === null;
  if (focusedRoom && !focused?.isConnected) { // its row is in the other list now
    /** @type {HTMLElement | null} */ (side.querySelector(`[data-room="${focusedRoom}"] [data-part=menu]`))?.focus();
  }
}

/**
 * Put the rows into the order of the rooms. Rows are kept, so that focus and a name being changed are.
 * @param {HTMLElement} ul
 * @param {Room[]} rooms
 */
function arrange(ul, rooms) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const rows = new Map([...ul.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.room, row]));
  rooms.forEach((room, at) => {
    const key = String(room.id);
    const row = /** @type {HTMLElement} */ (rows.get(key)) ?? roomRow(room);
    rows.delete(key);
    showRoom(row, room);
    if (ul.children[at] !== row) ul.insertBefore(row, ul.children[at] ?? null);
  });
  for (const row of rows.values()) row.remove();
  if (focused && focused !== document.activeElement && ul.contains(focused)) focused.focus();
}

/**
 * Read on while the end of the list is in view. After a failure it waits for as long as the server says.
 * @param {HTMLElement} side
 * @returns {() => void} ends it
 */
function loadAtTheEnd(side) {
  const more = part(side, "more");
  let isBusy = false;
  let later = 0;
  const observer = new IntersectionObserver(
    async (entries) => {
      // A busy page hears of several changes at once: the last one tells how it is now.
      if (!entries.at(-1)?.isIntersecting || isBusy) return;
      isBusy = true;
      try {
        await store.loadMoreRooms();
        lookAgain();
      } catch (error) {
        const { retryAfter = null } = /** @type {Partial<import("./api.js").Problem>} */ (error);
        later = setTimeout(lookAgain, (retryAfter ?? 5) * 1000);
      }
    },
    { root: part(side, "scroll"), rootMargin: "200px" },
  );
  /** What is still in view after a short page is told only to one who begins to observe it. */
  function lookAgain() {
    isBusy = false;
    observer.unobserve(more);
    observer.observe(more);
  }
  lookAgain();
  return () => {
    clearTimeout(later);
    observer.disconnect();
  };
}

/**
 * The arrow keys go from chat to chat.
 * @param {HTMLElement} side
 * @param {KeyboardEvent} event
 */
function moveInList(side, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const link = /** @type {HTMLElement} */ (event.target);
  if (step === undefined || link.tagName !== "A") return;
  const links = /** @type {HTMLElement[]} */ ([...part(side, "scroll").querySelectorAll("a:not([hidden] *)")]);
  const to = links.indexOf(link) + step;
  event.preventDefault();
  if (to < 0) part(side, "search").focus();
  else links[to]?.focus();
}

/** @param {HTMLElement} side */
function showAccount(side) {
  const { user, tiers } = store.get();
  // Isolated: a name or a number may run the other way than the page.
  const name = user?.display_name ? `\u2068${user.display_name}\u2069` : `\u2066${user?.mobile_number}\u2069`;
  part(side, "account-name").textContent = user ? name : "";
  const tier = tiers.find((each) => each.slug === (user?.is_pro ? "pro" : "basic"));
  part(side, "tier").hidden = !user?.is_pro;
  part(side, "tier").textContent = tier?.name ?? "";
}

/** @returns {import("./menu.js").Item[]} */
function accountItems() {
  return [
    { label: t("account.settings"), icon: "gear", run: async () => (await lazy(() => import("./settings.js")))?.openSettings() },
    { label: t("account.archived"), icon: "archive", run: showArchived },
    { label: t("account.sign_out"), icon: "sign-out", run: signOut },
  ];
}

/** End the session, here once the server has ended it: the cookie would outlive it otherwise. */
function signOut() {
  return attempt(async () => {
    await finishDeletions();
    await request("POST", "/auth/logout", { open: true, body: {}, headers: { "X-Requested-With": "fetch" } });
    end("ended");
  });
}

// The drawer

/**
 * @param {HTMLElement} side
 * @returns {() => void}
 */
function openDrawerOf(side) {
  const main = $("#main");
  part(main, "open-sidebar").addEventListener("click", () => {
    $("#sidebar").classList.add("open");
    part(main, "open-sidebar").setAttribute("aria-expanded", "true");
    $('[data-part="scrim"]').hidden = false;
    main.inert = true;
    part(side, "close-sidebar").focus();
  });
  part(side, "close-sidebar").addEventListener("click", closeDrawer);
  $('[data-part="scrim"]').addEventListener("click", closeDrawer);
  /** @param {KeyboardEvent} event */
  const keys = (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open], .menu")) closeDrawer();
    if (!(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    if (event.shiftKey && event.key.toLowerCase() === "o") {
      event.preventDefault();
      part(side, "new").click();
    } else if (event.key === "k") {
      event.preventDefault();
      if (getComputedStyle(part(main, "open-sidebar")).display !== "none") part(main, "open-sidebar").click();
      part(side, "search").focus();
    }
  };
  document.addEventListener("keydown", keys);
  return () => document.removeEventListener("keydown", keys);
}

function closeDrawer() {
  const sidebar = $("#sidebar");
  if (!sidebar.classList.contains("open")) return;
  sidebar.classList.remove("open");
  $('[data-part="scrim"]').hidden = true;
  $("#main").inert = false;
  const button = part($("#main"), "open-sidebar");
  button.setAttribute("aria-expanded", "false");
  button.focus();
}
