/**
 * The field in which the last message is edited.
 */
import { part } from "./dom.js";
import { explain } from "./problems.js";

/**
 * @param {HTMLElement} element the exchange
 * @param {string} content
 * @param {(content: string) => Promise<void>} send
 */
export function openEditor(element, content, send) {
  const form = /** @type {HTMLFormElement} */ (part(element, "edit-form"));
  const field = /** @type {HTMLTextAreaElement} */ (part(element, "edit-field"));
  const problem = part(element, "edit-problem");
  if (!form.hidden) {
    field.focus(); // it is being edited: what was typed stays
    return;
  }
  let isSending = false;
  const id = `edit-${element.dataset.id}`;
  field.id = id;
  part(element, "edit-label").setAttribute("for", id);
  const show = (/** @type {boolean} */ editing) => {
    form.hidden = !editing;
    part(element, "question-text").hidden = editing;
    part(element, "question-tools").hidden = editing;
    element.classList.toggle("editing", editing);
    if (!editing) part(element, "edit").focus();
  };
  field.value = content;
  problem.textContent = "";
  show(true);
  grow(field);
  field.focus();
  field.setSelectionRange(content.length, content.length);
  field.oninput = () => grow(field);
  field.onkeydown = (event) => {
    if (event.key === "Escape") show(false);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  };
  part(element, "edit-cancel").onclick = () => show(false);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || isSending) return;
    isSending = true;
    try {
      await send(text);
      show(false);
    } catch (error) {
      problem.textContent = explain(error);
    } finally {
      isSending = false;
    }
  };
}

/** As high as its text, up to what CSS allows. @param {HTMLTextAreaElement} field */
export function grow(field) {
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight + 2}px`;
}
