/**
 * Sign-in by number and code.
 */
import { request } from "./api.js";
import { clone, explain, field, part } from "./dom.js";
import { t } from "./i18n.js";
import { begin } from "./session.js";

/**
 * @param {HTMLElement} view
 * @param {string} notice
 * @returns {() => void} leaves the view
 */
export function openSignIn(view, notice) {
  const element = clone("sign-in-template");
  view.replaceChildren(element);
  const said = part(element, "notice");
  said.textContent = notice;
  said.hidden = notice === "";
  askForNumber(part(element, "step"));
  return () => {};
}

/** @param {HTMLElement} step */
function askForNumber(step) {
  const form = clone("number-step-template");
  step.replaceChildren(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const number = field(form, "number").value;
    try {
      const sent = await request("POST", "/auth/send-otp", { open: true, body: { mobile_number: number } });
      askForCode(step, number, sent.otp);
    } catch (error) {
      part(form, "number-error").textContent = explain(error);
    }
  });
}

/**
 * @param {HTMLElement} step
 * @param {string} number
 * @param {string | undefined} mock
 */
function askForCode(step, number, mock) {
  const form = clone("code-step-template");
  step.replaceChildren(form);
  part(form, "sent").textContent = t("sign_in.sent", { number });
  part(form, "mock").hidden = mock === undefined;
  part(form, "use-mock").addEventListener("click", () => {
    field(form, "code").value = mock ?? "";
    /** @type {HTMLFormElement} */ (form).requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const otp = field(form, "code").value;
    try {
      begin(await request("POST", "/auth/verify-otp", { open: true, body: { mobile_number: number, otp, cookie: true } }));
    } catch (error) {
      part(form, "code-error").textContent = explain(error);
    }
  });
}
