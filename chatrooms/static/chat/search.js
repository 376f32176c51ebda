/**
 * Search in all chats, while it is typed.
 */
import { list } from "./api.js";
import { announce, clone, part } from "./dom.js";
import { date, relative, t } from "./i18n.js";
import { explain } from "./problems.js";
import * as store from "./store.js";

const PAUSE = 250; // milliseconds without a key before a request is sent
const MOST_ROOMS = 5;

/** @param {HTMLElement} side */
export function search(side) {
  const input = /** @type {HTMLInputElement} */ (part(side, "search"));
  const more = part(side, "found-more");
  let timer = 0;
  let controller = new AbortController();
  /** @type {string | null} */
  let next = null;

  /** @param {string | undefined} cursor */
  const load = async (cursor) => {
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    const q = input.value.trim();
    try {
      const page = await list("/search", { query: { q, limit: 20, cursor }, signal });
      if (signal.aborted) return;
      next = page.next;
      show(side, q, page.items, cursor !== undefined);
    } catch (error) {
      if (signal.aborted) return;
      next = null;
      part(side, "found-heading").textContent = explain(error);
    }
    more.hidden = next === null;
  };

  const begin = () => {
    clearTimeout(timer);
    const q = input.value.trim();
    part(side, "lists").hidden = q !== "";
    part(side, "found").hidden = q === "";
    if (q === "") return controller.abort();
    part(side, "found-heading").textContent = t("search.searching");
    timer = setTimeout(() => load(undefined), PAUSE);
  };

  input.addEventListener("input", begin);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && input.value !== "") {
      event.stopPropagation();
      input.value = "";
      begin();
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      /** @type {HTMLElement | null} */ (part(side, "scroll").querySelector("a:not([hidden] *)"))?.focus();
    }
  });
  more.addEventListener("click", () => load(next ?? undefined));
}

/**
 * @param {HTMLElement} side
 * @param {string} q
 * @param {Found[]} items
 * @param {boolean} isFurther whether they are a further page
 */
function show(side, q, items, isFurther) {
  const results = part(side, "results");
  const rooms = part(side, "found-rooms");
  if (!isFurther) {
    results.replaceChildren();
    rooms.replaceChildren(...roomsNamed(q));
  }
  results.append(...items.map(result));
  const none = results.childElementCount + rooms.childElementCount === 0;
  const text = t(none ? "search.nothing" : "search.results", { query: q });
  part(side, "found-heading").textContent = text;
  announce(text);
}

/**
 * The loaded rooms whose names have the words; the API searches in messages alone.
 * @param {string} q
 * @returns {HTMLElement[]}
 */
function roomsNamed(q) {
  const wanted = q.toLocaleLowerCase();
  const named = store.get().rooms.filter((room) => room.name.toLocaleLowerCase().includes(wanted));
  return named.slice(0, MOST_ROOMS).map((room) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    row.className = "room";
    link.href = `#/c/${room.id}`;
    link.dir = "auto";
    link.textContent = room.name;
    row.append(link);
    return row;
  });
}

/**
 * @param {Found} found
 * @returns {HTMLElement}
 */
function result(found) {
  const row = clone("found-template");
  const link = /** @type {HTMLAnchorElement} */ (part(row, "link"));
  link.href = `#/c/${found.chatroom_id}/m/${found.message_id}`;
  part(row, "room").textContent = found.chatroom_name;
  part(row, "snippet").append(...highlighted(found));
  part(row, "time").textContent = relative(found.created_at);
  part(row, "time").title = date(found.created_at);
  return row;
}

/**
 * The snippet with its matches marked; the API counts in code points.
 * @param {Found} found
 * @returns {(string | HTMLElement)[]}
 */
function highlighted({ snippet, highlights }) {
  const points = [...snippet];
  /** @type {(string | HTMLElement)[]} */
  const nodes = [];
  let at = 0;
  for (const [from = 0, to = 0] of highlights) {
    const mark = document.createElement("mark");
    mark.textContent = points.slice(from, to).join("");
    nodes.push(points.slice(at, from).join(""), mark);
    at = to;
  }
  return [...nodes, points.slice(at).join("")];
}
