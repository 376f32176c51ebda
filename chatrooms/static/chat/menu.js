/**
 * Menus that a button opens: arrow keys move in them, Escape and a click elsewhere close them.
 */
import { icon } from "./dom.js";

/** @typedef {{label: string, icon?: string, danger?: boolean, run: () => void}} Item */

/**
 * @param {HTMLElement} button
 * @param {() => Item[]} items what the menu has when it opens
 */
export function menuButton(button, items) {
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-expanded") === "false") open(button, items());
  });
}

/**
 * @param {HTMLElement} button
 * @param {Item[]} items
 */
function open(button, items) {
  const menu = document.createElement("div");
  menu.className = "menu";
  menu.popover = "auto";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", button.getAttribute("aria-label") ?? button.textContent ?? "");
  menu.append(...items.map((item) => entry(item, menu)));
  menu.addEventListener("keydown", (event) => moveFocus(menu, event));
  menu.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
    const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.remove();
    if (hadFocus && button.isConnected) button.focus();
    // The click that closed the menu may be one on its button, which must not open it again.
    setTimeout(() => button.setAttribute("aria-expanded", "false"), 0);
  });
  // Inside an open dialog the menu has to be part of it, or it would be inert.
  (button.closest("dialog") ?? document.body).append(menu);
  button.setAttribute("aria-expanded", "true");
  menu.showPopover();
  place(menu, button);
  /** @type {HTMLElement | null} */ (menu.firstElementChild)?.focus();
}

/**
 * @param {Item} item
 * @param {HTMLElement} menu
 * @returns {HTMLElement}
 */
function entry(item, menu) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("role", "menuitem");
  button.tabIndex = -1;
  button.classList.toggle("danger", item.danger ?? false);
  if (item.icon) button.append(icon(item.icon));
  button.append(item.label);
  button.addEventListener("click", () => {
    menu.hidePopover();
    item.run();
  });
  return button;
}

/**
 * @param {HTMLElement} menu
 * @param {KeyboardEvent} event
 */
function moveFocus(menu, event) {
  const entries = /** @type {HTMLElement[]} */ ([...menu.children]);
  const at = entries.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  if (to === undefined) return;
  event.preventDefault();
  entries.at(to % entries.length)?.focus();
}

/**
 * Below the button, or above it where there is no space; never outside the window.
 * @param {HTMLElement} menu
 * @param {HTMLElement} button
 */
function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + 4 + height <= innerHeight;
  const isRtl = getComputedStyle(button).direction === "rtl";
  const start = isRtl ? at.left : at.right - width;
  menu.style.left = `${Math.max(8, Math.min(start, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - height - 4)}px`;
}
