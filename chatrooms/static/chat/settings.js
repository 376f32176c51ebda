/**
 * The settings of the account: a dialog with tabs.
 */
import { request } from "./api.js";
import { $$, clone, field, part, showDialog, toast } from "./dom.js";
import { submit } from "./forms.js";
import { config, t } from "./i18n.js";
import { setLanguage, setTheme, theme } from "./preferences.js";
import { attempt } from "./room_actions.js";
import { dataPanel } from "./settings_data.js";
import { keysPanel } from "./settings_keys.js";
import { planPanel } from "./settings_plan.js";
import { securityPanel } from "./settings_security.js";
import * as store from "./store.js";

/** @typedef {"general" | "plan" | "security" | "keys" | "data"} Tab */
/** @type {Partial<Record<Tab, (panel: HTMLElement, dialog: HTMLElement) => void>>} */
const FILLERS = { plan: planPanel, security: securityPanel, keys: keysPanel, data: dataPanel };

/** @param {Tab} first the tab to show */
export async function openSettings(first = "general") {
  const dialog = clone("settings-template");
  const tabs = /** @type {HTMLButtonElement[]} */ ($$('[role="tab"]', dialog));
  /** @param {HTMLButtonElement} chosen */
  const choose = (chosen) => {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      panelOf(dialog, tab).hidden = !isChosen;
    }
    const panel = panelOf(dialog, chosen);
    if (panel.childElementCount === 0) FILLERS[/** @type {Tab} */ (chosen.dataset.tab)]?.(panel, dialog);
    chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const next = neighbour(tabs, tab, event.key);
      if (!next) return;
      event.preventDefault();
      choose(next);
      next.focus();
    });
  }
  general(dialog);
  const start = tabs.find((tab) => tab.dataset.tab === first) ?? tabs[0];
  if (start) choose(start);
  start?.setAttribute("autofocus", "");
  await showDialog(dialog);
}

/**
 * @param {HTMLElement} dialog
 * @param {HTMLElement} tab
 * @returns {HTMLElement}
 */
function panelOf(dialog, tab) {
  return /** @type {HTMLElement} */ (dialog.querySelector(`#panel-${tab.dataset.tab}`));
}

/**
 * @param {HTMLButtonElement[]} tabs
 * @param {HTMLButtonElement} tab
 * @param {string} key
 * @returns {HTMLButtonElement | undefined}
 */
function neighbour(tabs, tab, key) {
  const at = tabs.indexOf(tab);
  const isRtl = document.documentElement.dir === "rtl";
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[key];
  return step === undefined ? undefined : tabs.at((at + step) % tabs.length);
}

/** @param {HTMLElement} dialog */
function general(dialog) {
  const form = part(dialog, "name-form");
  const name = field(form, "display_name");
  name.value = store.get().user?.display_name ?? "";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { display_name: name.value.trim() };
    const names = { display_name: "display_name", "": "display_name" };
    if (await submit(form, names, () => change(body))) toast({ text: t("room.saved") });
  });
  const language = field(dialog, "language");
  language.value = config.language;
  language.addEventListener("change", async () => {
    if (await attempt(() => change({ language: language.value }))) setLanguage(language.value);
  });
  for (const radio of /** @type {HTMLInputElement[]} */ ($$('[name="theme"]', dialog))) {
    radio.checked = radio.value === theme();
    radio.addEventListener("change", () => setTheme(/** @type {import("./preferences.js").Theme} */ (radio.value)));
  }
}

/** @param {{display_name?: string, language?: string}} body */
async function change(body) {
  store.set({ user: await request("PATCH", "/user/me", { body }) });
  store.broadcast("user-changed");
}
