/**
 * Colours for code, loaded when an answer first has some.
 */
import { nextFrame } from "./frames.js";
import purify from "./vendor/purify.js";

/** Longer code stays plain: colouring it would hold up the page. */
const LONGEST = 12_000;
const ALIASES = /** @type {Record<string, string>} */ ({
  js: "javascript", jsx: "javascript", ts: "typescript", tsx: "typescript", py: "python", sh: "bash", shell: "bash",
  zsh: "bash", console: "bash", html: "xml", svg: "xml", yml: "yaml", "c++": "cpp", "c#": "csharp", cs: "csharp",
  rb: "ruby", rs: "rust", kt: "kotlin", golang: "go", md: "markdown", patch: "diff", jsonc: "json", h: "c", hpp: "cpp",
});

/** @param {HTMLElement} code the element with the text @param {string} language as the answer names it */
export async function highlight(code, language) {
  const text = code.textContent ?? "";
  const name = ALIASES[language] ?? language;
  if (!name || text.length > LONGEST) return;
  const { default: highlighter } = await import("./vendor/highlighter.js");
  if (!highlighter.getLanguage(name)) return;
  const { value } = highlighter.highlight(text, { language: name, ignoreIllegals: true });
  await nextFrame(); // with what else changes in it: between frames it would cost a layout of its own
  if (code.textContent !== text) return;
  code.replaceChildren(
    purify.sanitize(value, { RETURN_DOM_FRAGMENT: true, ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], ALLOW_DATA_ATTR: false }),
  );
}
