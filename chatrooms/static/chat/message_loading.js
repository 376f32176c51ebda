/**
 * What shows messages, with all of Markdown, is half of the page: a chat without messages can be used before it is here.
 */
import { config } from "./i18n.js";

const IDLE = 2_000; // milliseconds after which a new chat loads what its first answer will need

/** @type {Promise<typeof import("./message_view.js")> | null} */
let loading = null;

/**
 * How a message is shown, once `loadView` has ended.
 * @type {typeof import("./message_view.js").MessageView}
 */
export let View;

/** @returns {Promise<void>} */
export async function loadView() {
  loading ??= import("./message_view.js").catch((error) => {
    loading = null;
    throw error;
  });
  for (const href of config.later.splice(0)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
  }
  View = (await loading).MessageView;
}

/** Load it when the page has nothing else to do. */
export function loadViewLater() {
  if (loading === null) setTimeout(() => loadView().catch(() => undefined), IDLE);
}
