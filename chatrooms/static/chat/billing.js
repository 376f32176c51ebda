/**
 * The allowance, the way to Pro and back, the portal, and payments that went wrong.
 */
import { request } from "./api.js";
import { clone, part, showDialog, toast } from "./dom.js";
import { date, fileSize, number, relative, t } from "./i18n.js";
import { attempt } from "./room_actions.js";
import * as store from "./store.js";

const DAY = 86_400_000; // milliseconds
const LOOKS = [1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 20_000]; // milliseconds between looks for a payment

/**
 * What is left today, above the account in the sidebar.
 * @param {HTMLElement} element
 * @returns {() => void} ends it
 */
export function mountAllowance(element) {
  const content = clone("allowance-template");
  element.replaceChildren(content);
  part(content, "upgrade").addEventListener("click", showPlans);
  let timer = 0;
  const show = () => {
    const { usage, tiers } = store.get();
    const remaining = usage?.remaining ?? null;
    element.hidden = usage === null || usage.limit === null || remaining === null;
    if (usage === null || usage.limit === null || remaining === null) return;
    part(content, "left").textContent = t("usage.left", { left: number(remaining), limit: number(usage.limit) });
    part(content, "resets").hidden = usage.used === 0;
    part(content, "resets").textContent = t("usage.resets", { at: timeOf(usage.resets_at) });
    const meter = /** @type {HTMLMeterElement} */ (part(content, "meter"));
    Object.assign(meter, { max: usage.limit, low: Math.ceil(usage.limit / 5), optimum: usage.limit, value: remaining });
    part(content, "upgrade").hidden = !tiers.some((tier) => tier.price !== null);
    clearTimeout(timer);
    const wait = Date.parse(usage.resets_at) - Date.now() + 2_000;
    if (wait > 0 && wait < DAY) timer = setTimeout(() => store.loadUsage().catch(() => undefined), wait);
  };
  const ends = [store.onChange("usage", show), store.onChange("tiers", show), () => clearTimeout(timer)];
  show();
  return () => ends.forEach((end) => end());
}

/**
 * @param {string} moment
 * @returns {string} the time alone if that is clear
 */
function timeOf(moment) {
  return date(moment, Date.parse(moment) - Date.now() < DAY ? { timeStyle: "short" } : undefined);
}

/**
 * What to say above the conversation: the allowance is used up, a payment failed, Pro is about to end.
 * @param {HTMLElement} banners
 * @returns {() => void} ends it
 */
export function mountBillingBanners(banners) {
  const limit = banner(banners, "warning", t("plan.upgrade"), showPlans);
  const payment = banner(banners, "danger", t("plan.fix_payment"), openPortal);
  const show = () => {
    const { usage, subscription } = store.get();
    const isUsedUp = usage !== null && usage.remaining === 0;
    limit.show(isUsedUp ? t("usage.used_up", { at: timeOf(usage.resets_at), when: relative(usage.resets_at) }) : "");
    payment.show(subscription?.past_due ? t("plan.past_due") : "");
  };
  const ends = [store.onChange("usage", show), store.onChange("subscription", show)];
  show();
  return () => ends.forEach((end) => end());
}

/**
 * @param {HTMLElement} banners
 * @param {string} kind
 * @param {string} label
 * @param {() => unknown} run
 * @returns {{show: (text: string) => void}} an empty text hides it
 */
function banner(banners, kind, label, run) {
  const element = clone("banner-template");
  element.classList.add(kind);
  element.hidden = true;
  part(element, "action").textContent = label;
  part(element, "action").addEventListener("click", run);
  banners.append(element);
  return {
    show(text) {
      element.hidden = text === "";
      if (part(element, "text").textContent !== text) part(element, "text").textContent = text;
    },
  };
}

/** The tiers beside each other, and the way to the checkout. */
export async function showPlans() {
  if (store.get().tiers.length === 0) await attempt(store.loadTiers);
  const { tiers, user } = store.get();
  const pro = tiers.find((tier) => tier.slug === "pro");
  const basic = tiers.find((tier) => tier.slug === "basic");
  if (!pro || !basic) return;
  const dialog = clone("plans-template");
  for (const [row, values] of rows(basic, pro)) {
    const line = part(dialog, row);
    part(line, "basic").textContent = values[0];
    part(line, "pro").textContent = values[1];
  }
  part(dialog, "basic-name").textContent = basic.name;
  part(dialog, "pro-name").textContent = pro.name;
  const price = pro.price === null ? "" : priceOf(pro.price);
  part(dialog, "price").textContent = price;
  const buy = part(dialog, "buy");
  buy.hidden = pro.price === null || user?.is_pro === true;
  buy.textContent = t("plan.buy", { price });
  part(dialog, "none").hidden = pro.price !== null;
  const key = crypto.randomUUID(); // a second click opens the same checkout
  buy.addEventListener("click", () => follow(buy, () => checkoutUrl(key)));
  await showDialog(dialog);
}

/**
 * @param {Tier} basic
 * @param {Tier} pro
 * @returns {[string, [string, string]][]}
 */
function rows(basic, pro) {
  /** @param {(tier: Tier) => string} show @returns {[string, string]} */
  const both = (show) => [show(basic), show(pro)];
  return [
    ["messages", both((tier) => (tier.daily_messages === null ? t("plan.unlimited") : number(tier.daily_messages)))],
    ["models", both((tier) => tier.models.join(", "))],
    ["context", both((tier) => number(tier.context_tokens))],
    ["output", both((tier) => number(tier.max_output_tokens))],
    ["files", both((tier) => t("plan.files", { count: number(tier.files_per_message), size: fileSize(tier.file_bytes) }))],
    ["parallel", both((tier) => number(tier.parallel_replies))],
  ];
}

/**
 * @param {NonNullable<Tier["price"]>} price
 * @returns {string} "$9.99 / month"
 */
export function priceOf(price) {
  const currency = price.currency.toUpperCase();
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const amount = number(price.amount / 10 ** digits, { style: "currency", currency });
  const key = price.interval === "year" ? "plan.per_year" : "plan.per_month";
  return t(key, { amount });
}

/**
 * @param {string} key
 * @returns {Promise<string>}
 */
async function checkoutUrl(key) {
  const made = await request("POST", "/subscribe/pro", { headers: { "Idempotency-Key": key } });
  if (made.checkout_url === null) throw new Error("The checkout has been paid or has expired.");
  return made.checkout_url;
}

/** Leave for the portal, where the card and the subscription are changed. */
export function openPortal() {
  return attempt(async () => location.assign((await request("POST", "/subscription/portal")).portal_url));
}

/**
 * @param {HTMLElement} button
 * @param {() => Promise<string>} address
 */
async function follow(button, address) {
  button.setAttribute("aria-busy", "true");
  await attempt(async () => location.assign(await address()));
  button.removeAttribute("aria-busy");
}

/**
 * After a checkout or the portal: the webhook may come later than the browser, so look until something has changed.
 */
export async function comeBack() {
  const from = new URLSearchParams(location.search).get("from");
  if (from === null) return;
  history.replaceState(null, "", `/${location.hash}`);
  const before = JSON.stringify(store.get().subscription);
  for (const pause of LOOKS) {
    if (from === "checkout" && store.get().user?.is_pro) {
      toast({ text: t("plan.thanks"), seconds: 10 });
      return;
    }
    if (from === "portal" && JSON.stringify(store.get().subscription) !== before) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
    await store.loadAccount().catch(() => undefined);
  }
}
