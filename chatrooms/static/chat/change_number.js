/**
 * A change of the account's number: a code to the old number and one to the new.
 */
import { request } from "./api.js";
import { clone, field, part } from "./dom.js";
import { codeField, showError, submit } from "./forms.js";
import { t } from "./i18n.js";
import { phoneField } from "./phone_field.js";
import { end } from "./session.js";

/**
 * @param {HTMLElement} place
 * @param {HTMLElement} dialog
 */
export function openChangeNumber(place, dialog) {
  const form = clone("change-number-template");
  place.replaceChildren(form);
  const phone = phoneField(form, field(form, "new_mobile_number"));
  const names = { new_mobile_number: "new_mobile_number", "": "new_mobile_number" };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, names, async () => {
      const number = await phone.value();
      if (number === "") return showError(form, "new_mobile_number", t("sign_in.number_missing"));
      const sent = await request("POST", "/auth/change-number", { body: { new_mobile_number: number } });
      confirmCodes(place, dialog, sent);
    });
  });
  field(form, "new_mobile_number").focus();
}

/**
 * @param {HTMLElement} place
 * @param {HTMLElement} dialog
 * @param {{otp?: string, new_otp?: string}} sent
 */
function confirmCodes(place, dialog, sent) {
  const form = clone("confirm-number-template");
  place.replaceChildren(form);
  const [older, newer] = [field(form, "otp"), field(form, "new_otp")];
  codeField(older, () => newer.focus());
  codeField(newer);
  part(form, "mock").hidden = sent.otp === undefined;
  part(form, "mock").textContent = t("number.mock", { old: sent.otp ?? "", new: sent.new_otp ?? "" });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const input of [older, newer]) {
      if (!/^\d{6}$/.test(input.value)) return showError(form, input.name, t("sign_in.code_incomplete"));
    }
    submit(form, { otp: "otp", new_otp: "new_otp", "": "otp" }, async () => {
      await request("POST", "/auth/change-number/confirm", { body: { otp: older.value, new_otp: newer.value } });
      /** @type {HTMLDialogElement} */ (dialog).close();
      end("ended");
    });
  });
  older.focus();
}
