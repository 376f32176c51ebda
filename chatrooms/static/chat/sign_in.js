/**
 * Sign-in: by number and code, or by password; a forgotten password is set anew by a code.
 */
import { request } from "./api.js";
import { announce, clone, field, part } from "./dom.js";
import { codeField, countDown, showError, submit } from "./forms.js";
import { config, duration, t } from "./i18n.js";
import { phoneField } from "./phone_field.js";
import { setLanguage } from "./preferences.js";
import { begin } from "./session.js";

const NUMBER_FIELDS = { mobile_number: "number", "": "number" };
const PASSWORD_FIELDS = { mobile_number: "number", password: "password", "": "password" };
const CODE_FIELDS = { otp: "code", new_password: "new-password", "": "code" };

/** @typedef {"sign-in" | "reset"} Purpose what a code is for */
/** @type {() => void} */
let stopCounting = () => {};

/**
 * @param {HTMLElement} view
 * @param {string} notice
 * @returns {() => void} leaves the view
 */
export function openSignIn(view, notice) {
  const element = clone("sign-in-template");
  view.replaceChildren(element);
  document.title = t("app.title");
  const language = /** @type {HTMLSelectElement} */ (part(element, "language"));
  language.value = config.language;
  language.addEventListener("change", () => setLanguage(language.value));
  const said = part(element, "notice");
  said.textContent = notice;
  said.hidden = notice === "";
  askForNumber(part(element, "step"));
  return () => stopCounting();
}

/**
 * @param {HTMLElement} step
 * @param {string} number as it was typed before
 */
function askForNumber(step, number = "") {
  stopCounting();
  const form = clone("number-step-template");
  step.replaceChildren(form);
  const input = field(form, "number");
  input.value = number;
  const phone = phoneField(form, input);
  part(form, "switch").addEventListener("click", () => switchWay(form));
  part(form, "forgot").addEventListener("click", () =>
    submit(form, NUMBER_FIELDS, () => sendCode(step, form, phone, "reset")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, byPassword(form) ? PASSWORD_FIELDS : NUMBER_FIELDS, () =>
      byPassword(form) ? signInByPassword(form, phone) : sendCode(step, form, phone, "sign-in"),
    );
  });
  input.focus();
}

/**
 * @param {HTMLElement} form
 * @returns {boolean}
 */
function byPassword(form) {
  return !part(form, "password-field").hidden;
}

/** @param {HTMLElement} form */
function switchWay(form) {
  const password = !byPassword(form);
  part(form, "password-field").hidden = !password;
  part(form, "forgot").hidden = !password;
  part(form, "hint").hidden = password;
  part(form, "submit").textContent = t(password ? "sign_in.enter" : "sign_in.send");
  part(form, "switch").textContent = t(password ? "sign_in.by_code" : "sign_in.by_password");
  (password && field(form, "number").value !== "" ? field(form, "password") : field(form, "number")).focus();
}

/**
 * @param {HTMLElement} form
 * @param {{value: () => Promise<string>}} phone
 */
async function signInByPassword(form, phone) {
  const number = await numberOf(form, phone);
  const password = field(form, "password").value;
  if (number === "") return;
  if (password === "") return showError(form, "password", t("field.required"));
  begin(await request("POST", "/auth/login", { open: true, body: { mobile_number: number, password, cookie: true } }));
}

/**
 * @param {HTMLElement} form
 * @param {{value: () => Promise<string>}} phone
 * @returns {Promise<string>} "" if there is none; the form then says so
 */
async function numberOf(form, phone) {
  const number = await phone.value();
  if (number === "") showError(form, "number", t("sign_in.number_missing"));
  return number;
}

/**
 * @param {HTMLElement} step
 * @param {HTMLElement} form
 * @param {{value: () => Promise<string>}} phone
 * @param {Purpose} purpose
 */
async function sendCode(step, form, phone, purpose) {
  const number = await numberOf(form, phone);
  if (number === "") return;
  const sent = await askForCode(number, purpose);
  enterCode(step, { number, typed: field(form, "number").value, purpose, sent });
}

/**
 * @param {string} number
 * @param {Purpose} purpose
 */
function askForCode(number, purpose) {
  const path = purpose === "reset" ? "/auth/forgot-password" : "/auth/send-otp";
  return request("POST", path, { open: true, body: { mobile_number: number } });
}

/**
 * @typedef {{otp?: string, resend_after: number}} Sent
 * @param {HTMLElement} step
 * @param {{number: string, typed: string, purpose: Purpose, sent: Sent}} what
 */
function enterCode(step, { number, typed, purpose, sent }) {
  const form = /** @type {HTMLFormElement} */ (clone("code-step-template"));
  step.replaceChildren(form);
  const code = field(form, "code");
  part(form, "new-password-field").hidden = purpose !== "reset";
  if (purpose === "reset") {
    part(form, "title").textContent = t("sign_in.reset_title");
    part(form, "submit").textContent = t("sign_in.reset");
  }
  part(form, "sent").textContent = t("sign_in.sent", { number: `\u2066${number}\u2069` });
  codeField(code, () => {
    if (purpose === "sign-in") form.requestSubmit();
    else field(form, "new-password").focus();
  });
  showMock(form, code, sent.otp);
  startResend(form, { number, purpose, sent });
  part(form, "back").addEventListener("click", () => askForNumber(step, typed));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, CODE_FIELDS, () => (purpose === "reset" ? reset(form, number) : verify(form, number)));
  });
  code.focus();
}

/**
 * The development's delivery shows the code, and says that this is why.
 * @param {HTMLElement} form
 * @param {HTMLInputElement} code
 * @param {string | undefined} otp
 */
function showMock(form, code, otp) {
  part(form, "mock").hidden = otp === undefined;
  if (otp === undefined) return;
  part(form, "mock-text").textContent = t("sign_in.mock", { code: `\u2066${otp}\u2069` });
  part(form, "use-mock").onclick = () => {
    code.value = otp;
    code.dispatchEvent(new Event("input"));
  };
}

/**
 * @param {HTMLElement} form
 * @param {{number: string, purpose: Purpose, sent: Sent}} what
 */
function startResend(form, { number, purpose, sent }) {
  const button = /** @type {HTMLButtonElement} */ (part(form, "resend"));
  /** @param {number} seconds */
  const wait = (seconds) => {
    stopCounting();
    stopCounting = countDown(seconds, (left) => {
      button.disabled = left > 0;
      button.textContent = left > 0 ? t("sign_in.resend_in", { time: duration(left) }) : t("sign_in.resend");
    });
  };
  wait(sent.resend_after);
  button.addEventListener("click", () =>
    submit(form, CODE_FIELDS, async () => {
      try {
        const again = await askForCode(number, purpose);
        showMock(form, field(form, "code"), again.otp);
        wait(again.resend_after);
        announce(t("sign_in.sent_again"));
      } catch (error) {
        const seconds = /** @type {{retryAfter?: number | null}} */ (error).retryAfter;
        if (seconds) wait(seconds);
        throw error;
      }
    }),
  );
}

/**
 * @param {HTMLElement} form
 * @returns {string} "" if it is not complete; the form then says so
 */
function codeOf(form) {
  const code = field(form, "code").value;
  if (/^\d{6}$/.test(code)) return code;
  showError(form, "code", t("sign_in.code_incomplete"));
  return "";
}

/**
 * @param {HTMLElement} form
 * @param {string} number
 */
async function verify(form, number) {
  const otp = codeOf(form);
  if (otp === "") return;
  const code = field(form, "code");
  try {
    begin(await request("POST", "/auth/verify-otp", { open: true, body: { mobile_number: number, otp, cookie: true } }));
  } catch (error) {
    code.select();
    throw error;
  }
}

/**
 * @param {HTMLElement} form
 * @param {string} number
 */
async function reset(form, number) {
  const otp = codeOf(form);
  const password = field(form, "new-password").value;
  if (otp === "") return;
  if (password === "") return showError(form, "new-password", t("field.required"));
  const body = { mobile_number: number, otp, new_password: password };
  await request("POST", "/auth/reset-password", { open: true, body });
  begin(await request("POST", "/auth/login", { open: true, body: { mobile_number: number, password, cookie: true } }));
}
