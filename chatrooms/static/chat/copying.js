/**
 * Copies a text, and says so on the button that was pressed.
 */
import { announce, icon } from "./dom.js";
import { t } from "./i18n.js";

const SHOWN = 1600;

/** @param {HTMLElement} button @param {string} text */
export async function copy(button, text) {
  if (!(await write(text))) return;
  announce(t("announce.copied"));
  const before = button.querySelector("svg");
  if (!before || button.classList.contains("copied")) return;
  const check = icon("check");
  before.replaceWith(check);
  button.classList.add("copied");
  const label = button.querySelector("[data-part='copy-text']");
  if (label) label.textContent = t("answer.copied");
  setTimeout(() => {
    check.replaceWith(before);
    button.classList.remove("copied");
    if (label) label.textContent = t("answer.copy");
  }, SHOWN);
}

/** @param {string} text */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeByHand(text);
  }
}

/** Where the page has no secure origin, there is no clipboard but that of a selection. @param {string} text */
function writeByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
