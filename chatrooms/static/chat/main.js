/**
 * The start: signed in or not, and from one to the other.
 */
import { connection, unreachable } from "./connection.js";
import { $ } from "./dom.js";
import { forgetDrafts } from "./drafts.js";
import { config, t } from "./i18n.js";
import { lazy } from "./lazy.js";
import { setLanguage, supported } from "./preferences.js";
import { end, refresh, session, wasSignedIn } from "./session.js";
import * as store from "./store.js";

/** @type {() => void} */
let leave = () => {};
let isNew = false;
let later = 0;

/** @param {string} notice why the person has to sign in again, if so */
async function showSignIn(notice = "") {
  const module = await lazy(() => import("./sign_in.js"));
  if (module === null) return;
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  leave();
  store.clear();
  leave = module.openSignIn($("#view"), notice);
  $("#view").removeAttribute("aria-busy");
}

/** The composer can be used at once; what the rest shows arrives beside it. */
async function showChat() {
  const module = await lazy(() => import("./chat.js"));
  if (module === null) return;
  leave();
  leave = module.openChat($("#view"));
  $("#view").removeAttribute("aria-busy");
  reload();
}

/**
 * Without a connection nothing is read: `connection.js` says so, and calls this again. A server that is busy is asked
 * again when it said.
 */
async function reload() {
  clearTimeout(later);
  if (!wasSignedIn()) return;
  try {
    await load();
  } catch (error) {
    const { status = 0, retryAfter = null } = /** @type {Partial<import("./api.js").Problem>} */ (error);
    if (status === 429 || status >= 500) later = setTimeout(reload, (retryAfter ?? 5) * 1000);
  }
}

/** Read what the page shows of the account and its rooms. */
async function load() {
  await Promise.all([store.loadRooms(), store.loadAccount(), store.loadTiers()]);
  const { user } = store.get();
  if (isNew && user !== null) greet(user);
  isNew = false;
  await (await lazy(() => import("./billing.js")))?.comeBack();
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

window.addEventListener("kuvaka:unreachable", unreachable);
window.addEventListener("kuvaka:upgrade", async () => (await lazy(() => import("./billing.js")))?.showPlans());
connection.addEventListener("back", reload);
store.onBroadcast("user-changed", () => store.loadAccount().catch(() => undefined));
session.addEventListener("begun", () => {
  forgetDrafts(); // of whoever was here before, and may have been signed out elsewhere
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
  const loading = import("./chat.js"); // while the tokens are on their way
  loading.catch(() => undefined);
  const isOver = (await refresh().catch(() => true)) === false;
  if (!isOver) await showChat();
}

start();
