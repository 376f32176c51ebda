/**
 * Waiting for the next frame.
 */

/** Resolved in the next frame; in a tab in the background, which has none, after a moment. @returns {Promise<void>} */
export function nextFrame() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
    setTimeout(resolve, 200);
  });
}
