/**
 * The settings of a room: model, instruction, temperature, thinking.
 */
import { $, clone, field, part, showDialog, toast } from "./dom.js";
import { submit } from "./forms.js";
import { number, t } from "./i18n.js";
import * as store from "./store.js";

const FIELDS = {
  model: "model",
  system_instruction: "system_instruction",
  temperature: "temperature",
  "": "model",
};
const USUAL = 1; // where the slider stands before it is moved

/** @param {Room} room */
export async function openRoomSettings(room) {
  const dialog = /** @type {HTMLDialogElement} */ (clone("room-settings-template"));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  showModels(form, room);
  field(form, "system_instruction").value = room.system_instruction;
  field(form, "own_temperature").checked = room.temperature !== null;
  field(form, "temperature").value = String(room.temperature ?? USUAL);
  field(form, "thinking").value = String(room.thinking);
  field(form, "show_thoughts").checked = room.show_thoughts;
  field(form, "search").checked = room.search;
  const showTemperature = () => {
    part(form, "slider").hidden = !field(form, "own_temperature").checked;
    part(form, "temperature-shown").textContent = number(Number(field(form, "temperature").value), {
      minimumFractionDigits: 1,
    });
  };
  form.addEventListener("input", showTemperature);
  showTemperature();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const changed = changes(form, room);
    if (await submit(form, FIELDS, () => store.changeRoom(room.id, changed))) {
      dialog.close();
      toast({ text: t("room.saved") });
    }
  });
  await showDialog(dialog);
}

/**
 * The models of the user's tier; those that only Pro has can be seen and not chosen.
 * @param {HTMLElement} form
 * @param {Room} room
 */
function showModels(form, room) {
  const { tiers, usage } = store.get();
  const own = tiers.find((tier) => tier.slug === usage?.tier)?.models ?? [];
  const further = tiers.flatMap((tier) => tier.models).filter((model) => !own.includes(model));
  const select = /** @type {HTMLSelectElement} */ ($('[name="model"]', form));
  select.append(new Option(t("room.model_usual", { model: own[0] ?? "" }), ""));
  for (const model of own) select.append(new Option(model, model));
  for (const model of new Set(further)) {
    const option = new Option(t("room.model_pro", { model }), model);
    option.disabled = true;
    select.append(option);
  }
  select.value = room.model;
  // A model that the tier has no longer stays readable until another one is chosen.
  if (select.selectedIndex < 0) select.add(new Option(room.model, room.model, true, true));
  part(form, "model-note").hidden = further.length === 0;
  part(form, "model-note").textContent = t("room.models_pro");
}

/**
 * Only what was changed is sent, so that a change in another tab is kept.
 * @param {HTMLElement} form
 * @param {Room} room
 * @returns {RoomChange}
 */
function changes(form, room) {
  /** @type {RoomChange} */
  const wanted = {
    model: field(form, "model").value,
    system_instruction: field(form, "system_instruction").value.trim(),
    temperature: field(form, "own_temperature").checked ? Number(field(form, "temperature").value) : null,
    thinking: /** @type {RoomChange["thinking"]} */ (field(form, "thinking").value),
    show_thoughts: field(form, "show_thoughts").checked,
    search: field(form, "search").checked,
  };
  const names = /** @type {(keyof RoomChange & keyof Room)[]} */ (Object.keys(wanted));
  return Object.fromEntries(names.filter((name) => wanted[name] !== room[name]).map((name) => [name, wanted[name]]));
}
