/**
 * What is left of the allowance.
 */

/**
 * @param {HTMLElement} element
 * @returns {() => void} ends it
 */
export function mountAllowance(element) {
  element.hidden = true;
  return () => undefined;
}
