/**
 * Forms: one request at a time, and what went wrong beside the field that it is about.
 */
import { Problem } from "./api.js";
import { $$, field, part } from "./dom.js";
import { explain, explainField } from "./problems.js";

/**
 * Send a form: its button shows that it works, and problems appear beside their fields.
 * @param {HTMLElement} form
 * @param {Record<string, string>} names of the API's fields or codes: the names of the form's fields; "" is for all else
 * @param {() => Promise<unknown>} run
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function submit(form, names, run) {
  const button = /** @type {HTMLButtonElement} */ (part(form, "submit"));
  if (button.getAttribute("aria-busy") === "true") return false;
  clearErrors(form);
  button.setAttribute("aria-busy", "true");
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error);
    showProblem(form, names, error);
    return false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** @param {HTMLElement} form */
export function clearErrors(form) {
  for (const error of $$(".error", form)) error.textContent = "";
  for (const input of $$("[aria-invalid]", form)) input.removeAttribute("aria-invalid");
}

/**
 * @param {HTMLElement} form
 * @param {string} name of the field
 * @param {string} text
 */
export function showError(form, name, text) {
  part(form, `${name}-error`).textContent = text;
  const input = field(form, name);
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

/**
 * @param {HTMLElement} form
 * @param {Record<string, string>} names
 * @param {unknown} error
 */
function showProblem(form, names, error) {
  const { errors = [], code = "" } = /** @type {{errors?: FieldError[], code?: string}} */ (error ?? {});
  const shown = errors.filter((each) => names[each.field] !== undefined);
  for (const each of shown) showError(form, String(names[each.field]), explainField(each));
  if (shown.length === 0) showError(form, String(names[code] ?? names[""]), explain(error));
}

/**
 * The digits that somebody typed, whatever their script: a keyboard may write Devanagari or Arabic ones.
 * @param {string} text
 * @returns {string}
 */
export function latinDigits(text) {
  return text
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/[\u0966-\u096f]/g, (digit) => String(digit.charCodeAt(0) - 0x966));
}

/**
 * A field for the six digits of a code: whatever is typed or pasted, its digits count.
 * @param {HTMLInputElement} input
 * @param {() => void} [whenComplete]
 */
export function codeField(input, whenComplete) {
  input.addEventListener("input", () => {
    const digits = latinDigits(input.value).replace(/\D/g, "").slice(0, 6);
    if (input.value !== digits) input.value = digits;
    if (digits.length === 6) whenComplete?.();
  });
}

/**
 * Count down to zero.
 * @param {number} seconds
 * @param {(left: number) => void} show called at once, and each second
 * @returns {() => void} ends it
 */
export function countDown(seconds, show) {
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    show(left);
    if (left === 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 500);
  tick();
  return () => clearInterval(timer);
}
