/**
 * Texts from the page's catalogue; dates and numbers in the reader's language and time zone.
 */

/**
 * @param {string} id
 * @returns {any}
 */
function data(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

/** @type {PageConfig} */
export const config = data("config");
/** @type {Record<string, string>} */
const texts = data("texts");

/**
 * @param {string} key
 * @param {Record<string, string | number>} params
 * @returns {string}
 */
export function t(key, params = {}) {
  const text = texts[key];
  if (text === undefined) throw new Error(`There is no text ${key}.`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

/**
 * @param {string} key
 * @returns {boolean} whether there is such a text
 */
export function has(key) {
  return key in texts;
}

/**
 * The reader's own variant of the page's language, for the order of dates; with Latin digits in every language, since
 * they stand beside phone numbers and codes, which have no others.
 */
const tag = new Intl.Locale(
  navigator.languages.find((each) => each.split("-")[0] === config.language) ?? config.language,
  { numberingSystem: "latn" },
).toString();

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} options
 * @returns {string}
 */
export function number(value, options = {}) {
  return new Intl.NumberFormat(tag, options).format(value);
}

/**
 * @param {string | Date} value
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {string}
 */
export function date(value, options = { dateStyle: "medium", timeStyle: "short" }) {
  return new Intl.DateTimeFormat(tag, options).format(new Date(value));
}

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/**
 * "in 3 hours", "yesterday"; a date once it is more than a week away.
 * @param {string | Date} value
 * @returns {string}
 */
export function relative(value) {
  const seconds = (new Date(value).getTime() - Date.now()) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) return date(value, { dateStyle: "medium" });
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(tag, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/**
 * @param {number} seconds
 * @returns {string} "45 seconds", "2 minutes"
 */
export function duration(seconds) {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ["second", 1];
  return number(Math.ceil(seconds / size), { style: "unit", unit, unitDisplay: "long" });
}

const MIB = 1024 * 1024;

/**
 * @param {number} bytes
 * @returns {string}
 */
export function fileSize(bytes) {
  const [unit, size] = bytes >= MIB ? ["megabyte", MIB] : bytes >= 1024 ? ["kilobyte", 1024] : ["byte", 1];
  return number(bytes / Number(size), { style: "unit", unit: String(unit), maximumFractionDigits: 1 });
}
