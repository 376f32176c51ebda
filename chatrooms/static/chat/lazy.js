/**
 * Modules that are not needed at once.
 */
import { toast } from "./dom.js";
import { t } from "./i18n.js";

const SECONDS = 120;

/**
 * Load a module. A browser does not ask again for one that failed, so the way on is to load the page again.
 * @template M
 * @param {() => Promise<M>} load
 * @returns {Promise<M | null>} null if it could not be had, which a toast has said
 */
export async function lazy(load) {
  try {
    return await load();
  } catch {
    toast({
      text: t("problem.offline"),
      action: { label: t("connection.try"), run: () => location.reload() },
      seconds: SECONDS,
    });
    return null;
  }
}
