/**
 * The settings' tab about API keys: what programs may do in the account's name.
 */
import { request } from "./api.js";
import { $$, clone, confirmDialog, field, part, toast } from "./dom.js";
import { showError, submit } from "./forms.js";
import { date, number, relative, t } from "./i18n.js";
import { attempt } from "./room_actions.js";

const DAYS = 90; // that a renewed key works for
const OVERLAP = 3_600; // seconds that the former secret still works for
const FIELDS = { name: "name", expires_in_days: "expires_in_days", "": "name" };

/** @param {HTMLElement} panel */
export function keysPanel(panel) {
  const content = clone("keys-panel-template");
  panel.append(content);
  const form = part(content, "key-form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const scopes = /** @type {HTMLInputElement[]} */ ($$('[name="scope"]:checked', form)).map((box) => box.value);
    const name = field(form, "name").value.trim();
    if (name === "") return showError(form, "name", t("field.required"));
    const body = { name, scopes, expires_in_days: Number(field(form, "expires_in_days").value) };
    await submit(form, FIELDS, async () => {
      const made = await request("POST", "/api-keys", { body: /** @type {any} */ (body) });
      showSecret(content, made.key);
      /** @type {HTMLFormElement} */ (form).reset();
      await load(content);
    });
  });
  part(content, "copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(field(content, "secret").value);
    toast({ text: t("keys.copied") });
  });
  attempt(() => load(content));
}

/**
 * The key itself: the only time that anybody sees it.
 * @param {HTMLElement} content
 * @param {string} key
 */
function showSecret(content, key) {
  part(content, "made").hidden = false;
  field(content, "secret").value = key;
  field(content, "secret").focus();
  field(content, "secret").select();
}

/** @param {HTMLElement} content */
async function load(content) {
  const keys = await request("GET", "/api-keys");
  part(content, "keys").replaceChildren(...keys.map((key) => row(key, content)));
  part(content, "none").hidden = keys.length > 0;
}

/**
 * @param {ApiKey} key
 * @param {HTMLElement} content
 * @returns {HTMLElement}
 */
function row(key, content) {
  const element = clone("key-template");
  part(element, "name").textContent = key.name;
  part(element, "prefix").textContent = `${key.prefix}…`;
  const used = key.last_used_at ? t("devices.used", { when: relative(key.last_used_at) }) : t("keys.unused");
  const ends = t("keys.ends", { day: date(key.expires_at, { dateStyle: "medium" }) });
  part(element, "state").textContent = `${used} · ${t("keys.today", { count: number(key.units_today) })} · ${ends}`;
  const renew = part(element, "rotate");
  renew.title = t("keys.rotate_title");
  renew.setAttribute("aria-label", t("keys.rotate", { name: key.name }));
  renew.addEventListener("click", async () => {
    const options = { title: t("keys.rotate", { name: key.name }), text: t("keys.rotate_text") };
    if (!(await confirmDialog({ ...options, confirm: t("keys.rotate_title") }))) return;
    await attempt(async () => {
      const body = { overlap: OVERLAP, expires_in_days: DAYS };
      const made = await request("POST", "/api-keys/{key_id}/rotate", { params: { key_id: key.id }, body });
      showSecret(content, made.key);
      await load(content);
    });
  });
  const button = part(element, "delete");
  button.title = t("room.delete");
  button.setAttribute("aria-label", t("keys.delete", { name: key.name }));
  button.addEventListener("click", async () => {
    const options = { title: t("keys.delete", { name: key.name }), text: t("keys.delete_text"), confirm: t("room.delete") };
    if (!(await confirmDialog({ ...options, danger: true }))) return;
    await attempt(async () => {
      await request("DELETE", "/api-keys/{key_id}", { params: { key_id: key.id } });
      await load(content);
    });
  });
  return element;
}
