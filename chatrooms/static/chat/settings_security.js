/**
 * The settings' tab about signing in: the number, the password, the signed-in devices.
 */
import { list, request } from "./api.js";
import { openChangeNumber } from "./change_number.js";
import { clone, confirmDialog, field, part, toast } from "./dom.js";
import { showError, submit } from "./forms.js";
import { date, relative, t } from "./i18n.js";
import { attempt } from "./room_actions.js";
import { end } from "./session.js";
import * as store from "./store.js";

/**
 * @param {HTMLElement} panel
 * @param {HTMLElement} dialog
 */
export function securityPanel(panel, dialog) {
  const content = clone("security-panel-template");
  panel.append(content);
  part(content, "number").textContent = store.get().user?.mobile_number ?? "";
  part(content, "change-number").addEventListener("click", () => {
    part(content, "change-number").hidden = true;
    openChangeNumber(part(content, "number-form"), dialog);
  });
  password(part(content, "password-form"));
  devices(content);
  part(content, "everywhere").addEventListener("click", async () => {
    const options = { title: t("devices.everywhere"), text: t("devices.everywhere_text"), confirm: t("devices.confirm") };
    if (!(await confirmDialog(options))) return;
    const ended = await attempt(() => request("POST", "/auth/logout-all"));
    if (!ended) return;
    /** @type {HTMLDialogElement} */ (dialog).close();
    end("ended");
  });
}

/** @param {HTMLElement} form */
function password(form) {
  const show = () => {
    const isSet = store.get().user?.password_set ?? false;
    part(form, "old-field").hidden = !isSet;
    part(form, "password-hint").textContent = t(isSet ? "password.set" : "password.unset");
    field(form, "username").value = store.get().user?.mobile_number ?? "";
  };
  show();
  const names = {
    old_password: "old_password",
    wrong_password: "old_password",
    new_password: "new_password",
    "": "new_password",
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const isSet = store.get().user?.password_set ?? false;
    const [older, newer] = [field(form, "old_password").value, field(form, "new_password").value];
    if (isSet && older === "") return showError(form, "old_password", t("field.required"));
    if (newer === "") return showError(form, "new_password", t("field.required"));
    const body = { new_password: newer, ...(isSet ? { old_password: older } : {}) };
    const changed = await submit(form, names, () => request("POST", "/auth/change-password", { body }));
    if (!changed) return;
    /** @type {HTMLFormElement} */ (form).reset();
    toast({ text: t("password.changed") });
    await store.loadAccount().catch(() => undefined);
    show();
    const panel = form.closest(".stack");
    if (panel) devices(panel);
  });
}

/** @param {ParentNode} content */
function devices(content) {
  const rows = part(content, "devices");
  const more = part(content, "more-devices");
  rows.replaceChildren();
  /** @type {string | undefined} */
  let cursor;
  const load = () =>
    attempt(async () => {
      const page = await list("/auth/sessions", { query: { limit: 10, cursor } });
      cursor = page.next ?? undefined;
      more.hidden = page.next === null;
      rows.append(...page.items.map(deviceRow));
    });
  more.onclick = load;
  load();
}

/**
 * @param {Device} device
 * @returns {HTMLElement}
 */
function deviceRow(device) {
  const row = clone("device-template");
  const what = describe(device.user_agent);
  part(row, "what").textContent = what;
  part(row, "what").title = device.user_agent;
  part(row, "when").textContent = t("devices.used", { when: relative(device.last_used_at) });
  part(row, "when").title = date(device.last_used_at);
  part(row, "current").hidden = !device.current;
  const button = part(row, "end");
  button.hidden = device.current;
  button.setAttribute("aria-label", t("devices.end", { device: what }));
  button.addEventListener("click", async () => {
    const params = { session_id: device.id };
    if (!(await attempt(() => request("DELETE", "/auth/sessions/{session_id}", { params })))) return;
    toast({ text: t("devices.ended", { device: what }) });
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    /** @type {HTMLElement | null | undefined} */ (next?.querySelector("button:not([hidden])"))?.focus();
  });
  return row;
}

/** @type {[RegExp, string][]} */
const BROWSERS = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];
/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/**
 * @param {string} agent
 * @returns {string} "Firefox · Android", or the agent itself for programs
 */
function describe(agent) {
  const names = [BROWSERS, SYSTEMS].map((kinds) => kinds.find(([pattern]) => pattern.test(agent))?.[1]);
  const known = names.filter((name) => name !== undefined);
  return known.join(" · ") || agent.slice(0, 60) || t("devices.unknown");
}
