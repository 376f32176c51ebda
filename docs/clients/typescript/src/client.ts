/** The client: the generated operations, and what a generator cannot make of them. */

import { type Client, createClient } from "./core/client/index.js";
import { getMessage, type Message, sendMessage } from "./core/index.js";
import { type Block, blocks, endsTheReply, endsTheStreamOnly, type ReplyEvent, Shown } from "./events.js";
import { Refused, refused, TooManyRequests, Unavailable } from "./problems.js";
import { type Options, sleep, Transport } from "./transport.js";

/** Milliseconds without a byte after which a stream is opened again: the server sends a comment every fifteen seconds. */
const SILENCE = 30_000;
/** Milliseconds for which `wait` tries to stream before it asks again and again. */
const UNTIL_POLLING = 5000;
/** Seconds for which the server may hold a request for the final reply. */
const POLL = 15;

const NEVER = new AbortController().signal;

export interface Limits {
  /** Ends the waiting, not the reply: `AbortSignal.timeout(60_000)`, say. */
  signal?: AbortSignal;
}

export interface Sending extends Limits {
  fileIds?: number[];
  /** The Idempotency-Key, if you repeat across programs. */
  key?: string;
}

/** A client for one API key or session. */
export class Kuvaka {
  /** What the generated operations take as `client`; they sign in, are repeated and throw as all else here. */
  readonly core: Client;
  readonly #transport: Transport;
  readonly #baseUrl: string;

  /** `baseUrl` is where the API is, `https://chat.example.com` say; `credential` an API key, or an access token. */
  constructor(baseUrl: string, credential: string, options: Options = {}) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#transport = new Transport(credential, options);
    this.core = createClient({ baseUrl: this.#baseUrl, fetch: this.#transport.fetch, throwOnError: true });
  }

  /** Send a message, when the first event is asked for, and stream the reply. */
  async *send(roomId: number, text: string, sending: Sending = {}): AsyncGenerator<ReplyEvent> {
    const { data } = await sendMessage({
      client: this.core,
      path: { room_id: roomId },
      body: { content: text, ...(sending.fileIds && { file_ids: sending.fileIds }) },
      headers: sending.key === undefined ? {} : { "Idempotency-Key": sending.key },
      signal: sending.signal ?? null,
    });
    yield* this.stream(data.id, sending);
  }

  /**
   * The reply while it is written, each piece once, and at the end the message. A connection that breaks is opened again
   * where it was.
   *
   * Throws the signal's reason; `Refused` if the reply may not be read or the streams are unavailable for longer than
   * the client's patience; and what `fetch` throws if the server cannot be reached for as long.
   */
  stream(messageId: number, limits: Limits = {}): AsyncGenerator<ReplyEvent> {
    return this.#stream(messageId, limits.signal ?? NEVER, this.#transport.patience);
  }

  /** The message once its reply is final: by the stream, or by asking again where that is unavailable. Throws as that. */
  async wait(messageId: number, limits: Limits = {}): Promise<Message> {
    const signal = limits.signal ?? NEVER;
    try {
      for await (const event of this.#stream(messageId, signal, Math.min(this.#transport.patience, UNTIL_POLLING))) {
        if (event.type === "end") return event.message;
      }
    } catch (error) {
      signal.throwIfAborted();
      const mayPass = error instanceof TooManyRequests || error instanceof Unavailable;
      if (error instanceof Refused && !mayPass) throw error;
    }
    return this.#final(messageId, signal, new Shown());
  }

  async *#stream(messageId: number, signal: AbortSignal, patience: number): AsyncGenerator<ReplyEvent> {
    const shown = new Shown();
    let after = "";
    let heardAt = Date.now();
    for (;;) {
      let pause = 1000;
      let lost: unknown = refused(503, "stream_unavailable", { detail: "The stream ended before the reply." });
      try {
        for await (const block of this.#blocks(messageId, after, signal, heardAt + patience - Date.now())) {
          pause = block.retry ?? pause;
          if (endsTheStreamOnly(block)) {
            lost = refusedByBlock(block);
            break;
          }
          after = block.id || after;
          yield* shown.take(block);
          heardAt = Date.now(); // however long the program took for it
          if (endsTheReply(block)) {
            yield* shown.end(await this.#final(messageId, signal, shown));
            return;
          }
        }
      } catch (error) {
        if (error instanceof Refused && error.code !== "ticket_invalid") throw error;
        lost = error;
      }
      signal.throwIfAborted();
      if (lost instanceof Refused && lost.body["final"] === true) throw lost;
      if (Date.now() - heardAt > patience) throw lost;
      await sleep(pause, signal);
    }
  }

  /** Open the stream after the event with the id `after`, and read what comes. */
  async *#blocks(messageId: number, after: string, signal: AbortSignal, patience: number): AsyncGenerator<Block> {
    const url = `${this.#baseUrl}/message/${messageId}/stream${after && `?after=${encodeURIComponent(after)}`}`;
    const request = new Request(url, { headers: { Accept: "text/event-stream" }, signal });
    const response = await this.#transport.send(request, patience);
    if (response.body === null) yield { event: "done", id: "", data: {}, retry: undefined }; // the last event came before
    else yield* blocks(chunks(response.body));
  }

  /** Ask until the reply is final; a stopped one gets its text within seconds. */
  async #final(messageId: number, signal: AbortSignal, shown: Shown): Promise<Message> {
    for (let askedForText = 0; ; ) {
      const { data } = await getMessage({
        client: this.core,
        path: { message_id: messageId },
        query: { wait: POLL },
        signal,
      });
      if (!["queued", "generating"].includes(data.reply.status)) {
        if (!shown.isAheadOf(data) || askedForText === 3) return data;
        askedForText += 1;
      }
      await sleep(1000, signal);
    }
  }
}

/** The bytes of a body; throws when it is silent for too long. */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("The stream is silent.")), SILENCE);
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The exception for an event that ends the stream: the session has ended, the message is gone, or try again. */
function refusedByBlock(block: Block): Refused {
  const code = block.data.code ?? "";
  const status = { session_ended: 401, not_found: 404 }[code] ?? 503;
  return refused(status, code, { body: block.data, retryAfter: block.retry && block.retry / 1000 });
}
