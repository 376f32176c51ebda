/**
 * What to tell a person about a failed request, by its code and in their language.
 */
import { date, duration, has, number, t } from "./i18n.js";

/**
 * @param {unknown} error
 * @returns {string}
 */
export function explain(error) {
  const problem = /** @type {Partial<import("./api.js").Problem>} */ (error ?? {});
  if (problem.status === 0) return t("problem.offline");
  const time = duration(problem.retryAfter ?? 60);
  if (problem.code && has(`problem.${problem.code}`)) return t(`problem.${problem.code}`, { time, ...members(problem) });
  if (problem.status === 429) return t("problem.too_many_requests", { time });
  if (problem.status === 503) return t("problem.service_unavailable");
  const first = problem.errors?.[0];
  if (first) return explainField(first);
  return t("problem.unknown");
}

/**
 * @param {FieldError} error
 * @returns {string}
 */
export function explainField(error) {
  return has(`field.${error.code}`) ? t(`field.${error.code}`) : error.detail;
}

/**
 * The further members of a problem, for its text.
 * @param {Partial<import("./api.js").Problem>} problem
 * @returns {Record<string, string>}
 */
function members(problem) {
  const { limit, resets_at: resetsAt } = problem.body ?? {};
  return {
    limit: typeof limit === "number" ? number(limit) : "",
    at: typeof resetsAt === "string" ? date(resetsAt, { timeStyle: "short" }) : "",
  };
}
