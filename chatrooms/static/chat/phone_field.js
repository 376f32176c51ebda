/**
 * A phone number: a picker of countries, and a field that formats the number while it is typed.
 *
 * The library that knows the formats comes after the field can be used.
 */
import { part } from "./dom.js";
import { latinDigits } from "./forms.js";
import { config } from "./i18n.js";
import { lazy } from "./lazy.js";

const REMEMBERED = "kuvaka.country";
/** @typedef {typeof import("./vendor/libphonenumber.js")} Library */

/** @returns {Promise<Library>} */
function library() {
  return import("./vendor/libphonenumber.js");
}

/**
 * @param {HTMLElement} root with the parts country and country-shown, and the field
 * @param {HTMLInputElement} input
 * @returns {{value: () => Promise<string>}} the number in E.164, as far as it is one
 */
export function phoneField(root, input) {
  const select = /** @type {HTMLSelectElement} */ (part(root, "country"));
  const shown = part(root, "country-shown");
  select.append(new Option(config.region, config.region, true, true));
  const ready = lazy(library).then((lib) => {
    if (lib === null) return null;
    fill(select, lib);
    showCountry(select, shown, lib);
    const format = formatter(select, input, shown, lib);
    input.addEventListener("input", (event) => format(/** @type {InputEvent} */ (event).inputType ?? ""));
    select.addEventListener("change", () => {
      remember(select.value);
      showCountry(select, shown, lib);
      if (input.value.startsWith("+")) input.value = "";
      format("");
      input.focus();
    });
    if (input.value !== "") format("");
    return lib;
  });
  return { value: async () => inE164(await ready, input.value, select.value) };
}

/**
 * @param {HTMLSelectElement} select
 * @param {Library} lib
 */
function fill(select, lib) {
  const names = new Intl.DisplayNames(config.language, { type: "region", fallback: "code" });
  const codes = lib.getCountries().filter((code) => config.countries.length === 0 || config.countries.includes(code));
  const order = new Intl.Collator(config.language);
  const options = codes
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((a, b) => order.compare(a.name, b.name))
    .map(({ code, name }) => new Option(`${name} (+${lib.getCountryCallingCode(code)})`, code));
  select.replaceChildren(...options);
  const wanted = remembered();
  select.value = codes.includes(wanted) ? wanted : codes.includes(config.region) ? config.region : (codes[0] ?? "");
}

/**
 * @param {HTMLSelectElement} select
 * @param {HTMLElement} shown
 * @param {Library} lib
 */
function showCountry(select, shown, lib) {
  const flag = [...select.value].map((letter) => String.fromCodePoint(0x1f1e6 + letter.charCodeAt(0) - 65)).join("");
  shown.textContent = `${flag} +${lib.getCountryCallingCode(select.value)}`;
}

/**
 * @param {HTMLSelectElement} select
 * @param {HTMLInputElement} input
 * @param {HTMLElement} shown
 * @param {Library} lib
 * @returns {(inputType: string) => void}
 */
function formatter(select, input, shown, lib) {
  let before = "";
  return (inputType) => {
    let typed = latinDigits(input.value).replace(/[^\d+]/g, "").replace(/(?!^)\+/g, "");
    let caret = significant(input.value.slice(0, input.selectionStart ?? input.value.length));
    // To delete a space of ours is to delete the digit before it.
    if (inputType === "deleteContentBackward" && typed === before && caret > 0) {
      typed = typed.slice(0, caret - 1) + typed.slice(caret);
      caret -= 1;
    }
    before = typed;
    const isInternational = typed.startsWith("+");
    const writer = new lib.AsYouType(isInternational ? undefined : select.value);
    input.value = writer.input(typed);
    place(input, caret);
    const country = writer.getCountry();
    if (isInternational && country && country !== select.value && [...select.options].some((o) => o.value === country)) {
      select.value = country;
      showCountry(select, shown, lib);
    }
  };
}

/**
 * @param {string} text
 * @returns {number} of digits and a plus
 */
function significant(text) {
  return latinDigits(text).replace(/[^\d+]/g, "").length;
}

/**
 * Put the caret after as many digits as it was.
 * @param {HTMLInputElement} input
 * @param {number} count
 */
function place(input, count) {
  let position = 0;
  for (let seen = 0; position < input.value.length && seen < count; position += 1) {
    if (/[\d+]/.test(input.value.charAt(position))) seen += 1;
  }
  if (document.activeElement === input) input.setSelectionRange(position, position);
}

/**
 * @param {Library | null} lib without it the server reads the number, as one of its own country if it names none
 * @param {string} typed
 * @param {string} country
 * @returns {string}
 */
function inE164(lib, typed, country) {
  const text = latinDigits(typed).trim();
  if (text === "" || lib === null) return text;
  const parsed = lib.parsePhoneNumberFromString(text, country);
  return parsed?.number ?? (text.startsWith("+") ? text : `+${lib.getCountryCallingCode(country)}${text}`);
}

/** @returns {string} */
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} country */
function remember(country) {
  try {
    localStorage.setItem(REMEMBERED, country);
  } catch {
    // It is only a convenience.
  }
}
