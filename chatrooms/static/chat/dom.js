/**
 * Elements: templates of the page, announcements, toasts, dialogs, menus.
 */
import { config } from "./i18n.js";

/**
 * @param {string} selector
 * @param {ParentNode} root
 * @returns {HTMLElement}
 */
export function $(selector, root = document) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`There is no ${selector}.`);
  return found;
}

/**
 * @param {string} selector
 * @param {ParentNode} root
 * @returns {HTMLElement[]}
 */
export function $$(selector, root = document) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
}

/**
 * The element that a template marks with data-part.
 * @param {ParentNode} root
 * @param {string} name
 * @returns {HTMLElement}
 */
export function part(root, name) {
  return $(`[data-part="${name}"]`, root);
}

/**
 * @param {ParentNode} root
 * @param {string} name
 * @returns {HTMLInputElement}
 */
export function field(root, name) {
  return /** @type {HTMLInputElement} */ ($(`[name="${name}"]`, root));
}

/**
 * A copy of the first element of a <template>.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function clone(id) {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`There is no template ${id}.`);
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name of a symbol in icons.svg
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${config.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** @type {number} */
let announcing = 0;

/**
 * Have screen readers say a text, once, after what they are saying now.
 * @param {string} text
 */
export function announce(text) {
  const region = $("#announcer");
  clearTimeout(announcing);
  region.textContent = "";
  announcing = setTimeout(() => {
    region.textContent = text;
  }, 100);
}

/**
 * A short message at the bottom, with an action to undo what it reports, say.
 * @param {{text: string, action?: {label: string, run: () => void}, seconds?: number, onGone?: () => void}} options
 * @returns {() => void} removes it
 */
export function toast({ text, action, seconds = 6, onGone }) {
  const element = clone("toast-template");
  part(element, "text").textContent = text;
  let isGone = false;
  const remove = () => {
    if (isGone) return;
    isGone = true;
    element.remove();
    onGone?.();
  };
  const button = part(element, "action");
  button.hidden = action === undefined;
  if (action) {
    button.textContent = action.label;
    button.addEventListener("click", () => {
      isGone = true;
      element.remove();
      action.run();
    });
  }
  part(element, "close").addEventListener("click", remove);
  let timer = setTimeout(remove, seconds * 1000);
  // It stays while somebody is about to use it.
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("focusin", () => clearTimeout(timer));
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(remove, seconds * 1000);
  };
  element.addEventListener("pointerleave", again);
  element.addEventListener("focusout", again);
  $("#toasts").append(element);
  return remove;
}

/**
 * Show a <dialog> until it is closed; the focus then goes back to where it was.
 * @param {HTMLElement} element
 * @returns {Promise<string>} what it was closed with
 */
export function showDialog(element) {
  const dialog = /** @type {HTMLDialogElement} */ (element);
  document.body.append(dialog);
  for (const close of $$("[data-close]", dialog)) close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

/**
 * @param {{title: string, text: string, confirm: string, danger?: boolean}} options
 * @returns {Promise<boolean>}
 */
export async function confirmDialog({ title, text, confirm, danger = false }) {
  const dialog = clone("confirm-template");
  part(dialog, "title").textContent = title;
  part(dialog, "text").textContent = text;
  const yes = part(dialog, "confirm");
  yes.textContent = confirm;
  yes.classList.toggle("danger", danger);
  yes.addEventListener("click", () => /** @type {HTMLDialogElement} */ (dialog).close("yes"));
  return (await showDialog(dialog)) === "yes";
}
