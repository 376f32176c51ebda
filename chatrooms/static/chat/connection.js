/**
 * Whether the server can be reached: a banner while it cannot, and an event once it can again.
 *
 * Events on `connection`: "lost", and "back", after which everything that was missed has to be read again.
 */
import { announce, clone, part } from "./dom.js";
import { t } from "./i18n.js";

const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000]; // milliseconds between tries

export const connection = new EventTarget();
let isLost = false;
let tries = 0;
let timer = 0;
let lastSeen = Date.now();

/** Called for every request that got no answer at all. */
export function unreachable() {
  if (isLost) return;
  isLost = true;
  tries = 0;
  connection.dispatchEvent(new Event("lost"));
  again();
}

function again() {
  clearTimeout(timer);
  const pause = PAUSES[Math.min(tries, PAUSES.length - 1)] ?? 0;
  tries += 1;
  timer = setTimeout(tryNow, pause);
}

async function tryNow() {
  clearTimeout(timer);
  try {
    const response = await fetch("/livez", { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
  } catch {
    if (isLost) again();
    return;
  }
  const was = isLost;
  isLost = false;
  if (was) connection.dispatchEvent(new Event("back"));
}

/**
 * Show the banner while the connection is lost.
 * @param {HTMLElement} banners
 * @returns {() => void} ends it
 */
export function mountConnectionBanner(banners) {
  const element = clone("banner-template");
  element.classList.add("warning");
  const action = part(element, "action");
  action.textContent = t("connection.try");
  action.addEventListener("click", tryNow);
  banners.prepend(element);
  const show = () => {
    element.hidden = !isLost;
    part(element, "text").textContent = isLost ? t(navigator.onLine ? "connection.reconnecting" : "connection.offline") : "";
  };
  const back = () => {
    show();
    announce(t("connection.back"));
  };
  const woken = () => {
    if (document.visibilityState !== "visible") return;
    // A laptop that slept missed what the other tabs and devices did.
    if (!isLost && Date.now() - lastSeen > 60_000) connection.dispatchEvent(new Event("back"));
    lastSeen = Date.now();
    if (isLost) tryNow();
  };
  const beat = setInterval(() => {
    if (document.visibilityState === "visible") woken();
  }, 20_000);
  const goneOffline = () => {
    unreachable();
    show();
  };
  connection.addEventListener("lost", show);
  connection.addEventListener("back", back);
  window.addEventListener("offline", goneOffline);
  window.addEventListener("online", tryNow);
  document.addEventListener("visibilitychange", woken);
  show();
  return () => {
    clearInterval(beat);
    connection.removeEventListener("lost", show);
    connection.removeEventListener("back", back);
    window.removeEventListener("offline", goneOffline);
    window.removeEventListener("online", tryNow);
    document.removeEventListener("visibilitychange", woken);
  };
}
