/**
 * The settings' tab about what is kept: its export and its deletion.
 */
import { raw, request } from "./api.js";
import { clone, field, part, showDialog, toast } from "./dom.js";
import { latinDigits, showError, submit } from "./forms.js";
import { number, t } from "./i18n.js";
import { attempt } from "./room_actions.js";
import { end } from "./session.js";
import * as store from "./store.js";

/**
 * @param {HTMLElement} panel
 * @param {HTMLElement} settings
 */
export function dataPanel(panel, settings) {
  const content = clone("data-panel-template");
  panel.append(content);
  const busy = /** @param {string} name @param {() => Promise<unknown>} run */ (name, run) => {
    const button = part(content, name);
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-busy") === "true") return;
      button.setAttribute("aria-busy", "true");
      await attempt(run);
      button.removeAttribute("aria-busy");
    });
  };
  busy("export", download);
  busy("cleanup", async () => {
    const { deleted } = await request("DELETE", "/messages/cleanup");
    toast({ text: t(deleted === 0 ? "data.nothing_failed" : "data.cleaned", { count: number(deleted) }) });
    if (deleted > 0) window.dispatchEvent(new Event("kuvaka:moved"));
  });
  part(content, "delete").addEventListener("click", () => confirmDeletion(settings));
}

async function download() {
  const response = await raw("GET", "/user/me/export");
  const link = document.createElement("a");
  const url = URL.createObjectURL(await response.blob());
  link.href = url;
  link.download = "kuvaka-account.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * Say what is lost, and ask for the last four digits of the number: nobody types those by mistake.
 * @param {HTMLElement} settings
 */
async function confirmDeletion(settings) {
  const { user, subscription } = store.get();
  if (user === null) return;
  const dialog = /** @type {HTMLDialogElement} */ (clone("delete-account-template"));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  part(dialog, "ends-pro").hidden = subscription?.source !== "stripe";
  part(dialog, "ask").textContent = t("data.confirm_deletion");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (latinDigits(field(form, "confirm").value).trim() !== user.mobile_number.slice(-4)) {
      return showError(form, "confirm", t("data.wrong_digits"));
    }
    submit(form, { "": "confirm" }, async () => {
      await request("DELETE", "/user/me");
      dialog.close();
      /** @type {HTMLDialogElement} */ (settings).close();
      end("ended");
      toast({ text: t("data.deleted"), seconds: 10 });
    });
  });
  await showDialog(dialog);
}
