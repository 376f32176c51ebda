/**
 * Formulas as MathML, by Temml, loaded when an answer first has one. Temml makes nodes, not markup, and does not trust
 * its input: no links, no pictures, no classes of the formula's own.
 */

import { nextFrame } from "./frames.js";

/** Milliseconds of work in one frame. */
const BUDGET = 8;

/** @param {ParentNode} root */
export async function showMaths(root) {
  const formulas = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-maths]")]);
  if (formulas.length === 0) return;
  const { default: temml } = await import("./vendor/temml.js");
  let begun = performance.now();
  for (const element of formulas) {
    if (performance.now() - begun > BUDGET) {
      await nextFrame();
      begun = performance.now();
    }
    const tex = element.textContent ?? "";
    const displayMode = element.dataset.maths === "display";
    const made = document.createElement("span");
    try {
      temml.render(tex, made, { displayMode, throwOnError: true, trust: false, maxExpand: 200, maxSize: [20, 20] });
    } catch {
      element.removeAttribute("data-maths"); // what is no formula stays as it was written
      element.classList.add("maths-raw");
      continue;
    }
    element.removeAttribute("data-maths");
    element.replaceChildren(...made.childNodes);
    element.dataset.tex = tex;
  }
}
