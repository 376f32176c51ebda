/** What the page uses of DOMPurify. */
declare const purify: {
  sanitize(dirty: string | Node, config: { RETURN_DOM_FRAGMENT: true; [name: string]: unknown }): DocumentFragment;
  isSupported: boolean;
};
export default purify;
