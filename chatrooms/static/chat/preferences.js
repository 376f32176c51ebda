/**
 * The language and the theme of this browser, and whether it is signed in: cookies, because the server makes the page by them.
 */
import { config } from "./i18n.js";

/**
 * @param {string} name
 * @param {string} value "" deletes it
 */
export function setCookie(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  const age = value === "" ? 0 : 31_536_000;
  document.cookie = `${name}=${value}; path=/; max-age=${age}; samesite=lax${secure}`;
}

/**
 * Read the page again in another language; what was typed and not sent is kept.
 * @param {string} code
 */
export function setLanguage(code) {
  setCookie(config.languageCookie, code);
  location.reload();
}

/**
 * Of a language tag of the account, the one that the page has.
 * @param {string} tag
 * @returns {string | null}
 */
export function supported(tag) {
  const code = tag.toLowerCase().split("-")[0] ?? "";
  return config.languages.includes(code) ? code : null;
}

/** @typedef {"system" | "light" | "dark"} Theme */

/** @returns {Theme} */
export function theme() {
  return /** @type {Theme} */ (document.documentElement.dataset.theme);
}

/** @param {Theme} chosen */
export function setTheme(chosen) {
  setCookie(config.themeCookie, chosen);
  document.documentElement.dataset.theme = chosen;
}
