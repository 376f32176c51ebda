/**
 * The settings' tab about the plan: what it is, what was used, how it is paid.
 */
import { openPortal, priceOf, showPlans } from "./billing.js";
import { clone, part } from "./dom.js";
import { date, number, t } from "./i18n.js";
import * as store from "./store.js";

/** @param {HTMLElement} panel */
export function planPanel(panel) {
  const content = clone("plan-panel-template");
  panel.append(content);
  part(content, "upgrade").addEventListener("click", showPlans);
  part(content, "portal").addEventListener("click", openPortal);
  show(content);
  store.loadAccount().then(() => show(content), () => undefined);
}

/** @param {HTMLElement} content */
function show(content) {
  const { usage, subscription, tiers } = store.get();
  const tier = tiers.find((each) => each.slug === usage?.tier);
  const price = tier?.price && subscription?.source === "stripe" ? priceOf(tier.price) : "";
  part(content, "tier").textContent = price ? `${tier?.name} · ${price}` : (tier?.name ?? "");
  part(content, "state").textContent = subscription ? stateOf(subscription) : "";
  part(content, "upgrade").hidden = usage?.tier !== "basic" || !tiers.some((each) => each.price !== null);
  part(content, "portal").hidden = subscription === null || subscription.status === null;
  if (usage === null) return;
  const { used, limit, tokens } = usage;
  part(content, "used").textContent =
    limit === null ? number(used) : t("plan.used", { used: number(used), limit: number(limit) });
  part(content, "resets").textContent = date(usage.resets_at);
  part(content, "today").textContent = number(tokens.today.prompt + tokens.today.output);
  part(content, "month").textContent = number(tokens.month.prompt + tokens.month.output);
}

/**
 * @param {Subscription} subscription
 * @returns {string}
 */
function stateOf(subscription) {
  const { source, past_due, cancel_at, until, current_period_end: end } = subscription;
  /** @param {string} moment */
  const day = (moment) => date(moment, { dateStyle: "long" });
  if (past_due) return t("plan.past_due");
  if (source === "grant") return until ? t("plan.granted_until", { day: day(until) }) : t("plan.granted");
  if (source !== "stripe") return t("plan.free");
  if (cancel_at) return t("plan.ends", { day: day(cancel_at) });
  return end ? t("plan.renews", { day: day(end) }) : "";
}
