/**
 * The tokens of this browser: the refresh token in its HttpOnly cookie, the access token in memory alone. Scripts cannot
 * see that cookie; another one says whether there may be one.
 */
import { config } from "./i18n.js";
import { setCookie } from "./preferences.js";

const EARLY = 30_000; // milliseconds before its end at which a token counts as ended

/** @typedef {{token: string, endsAt: number}} Access */
/** @type {Access | null} */
let access = null;
/** @type {Promise<boolean> | null} */
let refreshing = null;

/** The server has no time for a refresh now. */
export class RefreshFailed extends Error {
  /**
   * @param {number} status
   * @param {number} retryAfter seconds
   */
  constructor(status, retryAfter) {
    super(`The refresh failed with ${status}.`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Its events: "begun", "ended" (signed out here) and "lost" (signed out elsewhere, or by the server). */
export const session = new EventTarget();

/** @returns {boolean} whether this browser was signed in when it was last used */
export function wasSignedIn() {
  return document.cookie.split("; ").includes(`${config.signedInCookie}=1`);
}

/** @param {boolean} signedIn */
function mark(signedIn) {
  setCookie(config.signedInCookie, signedIn ? "1" : "");
}

/** @param {Tokens} tokens */
function keep(tokens) {
  access = { token: tokens.access_token, endsAt: Date.now() + tokens.expires_in * 1000 };
}

/**
 * Begin a session with what a sign-in returned.
 * @param {Tokens} tokens
 */
export function begin(tokens) {
  keep(tokens);
  mark(true);
  session.dispatchEvent(new Event("begun"));
}

/**
 * Forget the tokens.
 * @param {"ended" | "lost"} how
 */
export function end(how) {
  const was = access !== null || wasSignedIn();
  access = null;
  mark(false);
  if (was) session.dispatchEvent(new Event(how));
}

/** @returns {string | null} the access token, unless it has ended or there is none */
export function currentToken() {
  return access !== null && Date.now() < access.endsAt - EARLY ? access.token : null;
}

/**
 * Get a new access token by the cookie. Calls at the same time share one request, and tabs wait for each other.
 * @param {string | null} failed the token that the server refused, if any
 * @returns {Promise<boolean>} false if the session is over; throws if the server cannot be reached
 */
export function refresh(failed = null) {
  if (failed !== null && access !== null && access.token !== failed) return Promise.resolve(true);
  refreshing ??= inTurn(rotate).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/**
 * @param {() => Promise<boolean>} run
 * @returns {Promise<boolean>}
 */
async function inTurn(run) {
  return navigator.locks ? await navigator.locks.request("kuvaka-refresh", run) : await run();
}

/** @returns {Promise<boolean>} */
async function rotate() {
  const response = await fetch("/auth/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Requested-With": "fetch", Accept: "application/json" },
    body: "{}",
  });
  if (response.ok) {
    keep(await response.json());
    mark(true);
    return true;
  }
  // 400 is no cookie, 401 and 403 a session that is over; anything else is a trouble that passes.
  if (response.status < 404) {
    end("lost");
    return false;
  }
  throw new RefreshFailed(response.status, Number(response.headers.get("Retry-After")) || 5);
}
