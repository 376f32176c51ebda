/** A client of Kuvaka. The generated operations and types are exported beside it. */

export { Kuvaka, type Limits, type Sending } from "./client.js";
export { createClient } from "./core/client/index.js";
export * from "./core/index.js";
export type { ReplyEvent } from "./events.js";
export {
  Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn, Refused, TooManyRequests, Unavailable,
} from "./problems.js";
export type { Options } from "./transport.js";
export { ForgedWebhook, verifyWebhook, type WebhookEvent } from "./webhooks.js";
