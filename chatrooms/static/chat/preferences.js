/**
 * The language and the theme of this browser: cookies, because the server writes both into the page.
 */
import { config } from "./i18n.js";

/**
 * @param {string} name
 * @param {string} value
 */
function setCookie(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
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
