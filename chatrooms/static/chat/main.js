/**
 * The start: signed in or not, and from one to the other.
 */
import { request } from "./api.js";
import { openChat } from "./chat.js";
import { $ } from "./dom.js";
import { config, t } from "./i18n.js";
import { setLanguage, supported } from "./preferences.js";
import { end, refresh, session, wasSignedIn } from "./session.js";
import * as store from "./store.js";

/** @type {() => void} */
let leave = () => {};
let isNew = false;

/** @param {string} notice why the person has to sign in again, if so */
async function showSignIn(notice = "") {
  const { openSignIn } = await import("./sign_in.js");
  leave();
  store.clear();
  leave = openSignIn($("#view"), notice);
  $("#view").removeAttribute("aria-busy");
}

/** The composer can be used at once; what the rest shows arrives beside it. */
function showChat() {
  leave();
  leave = openChat($("#view"));
  $("#view").removeAttribute("aria-busy");
  load().catch(() => undefined); // `connection.js` says that we are offline, and loads again
}

/** Read what the page shows of the account and its rooms. */
export async function load() {
  const [user, tiers, subscription] = await Promise.all([
    request("GET", "/user/me"),
    request("GET", "/tiers", { open: true }),
    request("GET", "/subscription/status"),
    store.loadRooms(),
    store.loadUsage(),
  ]);
  store.set({ user, tiers, subscription });
  if (isNew) greet(user);
  isNew = false;
}

/**
 * After a sign-in: the other tabs follow, and the page speaks the language of the account.
 * @param {Me} user
 */
function greet(user) {
  store.broadcast("signed-in");
  const language = supported(user.language);
  if (language !== null && language !== config.language) setLanguage(language);
}

session.addEventListener("begun", () => {
  isNew = true;
  showChat();
});
session.addEventListener("ended", () => {
  store.broadcast("signed-out");
  showSignIn();
});
session.addEventListener("lost", () => showSignIn(t("session.lost")));
store.onBroadcast("signed-out", () => end("lost"));
// Another tab signed in: as somebody else, perhaps, whose rooms must not mix with these.
store.onBroadcast("signed-in", ({ userId }) => {
  if (store.get().user?.id !== userId) location.reload();
});

async function start() {
  if (!wasSignedIn()) return await showSignIn();
  try {
    if (await refresh()) showChat();
  } catch {
    showChat();
  }
}

start();
