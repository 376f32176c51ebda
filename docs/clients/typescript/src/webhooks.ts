/** The signatures of webhooks, by Standard Webhooks. */

import { Webhook } from "standardwebhooks";

/** A request that none of the secrets has signed, that was changed, or that is older than five minutes. */
export class ForgedWebhook extends Error {
  override name = "ForgedWebhook";
}

export interface WebhookEvent {
  type: string;
  timestamp: string;
  data: { user_id: number; [member: string]: unknown };
}

/**
 * The event in the body of a request, as it came. While a secret is rotated, give both.
 *
 * An event can come twice: remember the header `webhook-id` of those that you have handled. On `ForgedWebhook` do not
 * believe it, and answer with 400.
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: Headers | Record<string, string | string[] | undefined>,
  secrets: string | readonly string[],
): WebhookEvent {
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const pairs = headers instanceof Headers ? [...headers] : Object.entries(headers);
  const plain = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value ?? "")]));
  for (const secret of typeof secrets === "string" ? [secrets] : secrets) {
    const webhook = new Webhook(secret);
    try {
      return webhook.verify(text, plain) as WebhookEvent;
    } catch {
      continue; // another secret may have signed it
    }
  }
  throw new ForgedWebhook("None of the secrets has signed this.");
}
