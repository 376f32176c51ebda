/** Requests that sign in, are repeated where that is safe, and throw where they are refused. */

import { problemIn, refusedBy, retryAfterOf } from "./problems.js";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const SENDS_A_MESSAGE = /\/chatroom\/\d+\/message$/;
/** Milliseconds between repeats where the server does not say how long to wait. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;

export interface Options {
  /** Gets another access token when that one has expired. */
  refresh?: () => Promise<string>;
  /** Milliseconds until the response to one attempt of a request begins: 30,000 unless said. */
  timeout?: number;
  /** Milliseconds after which a request is no longer repeated, and a stream no longer opened again: 60,000. */
  patience?: number;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

/**
 * Repeats a request after a lost connection, 429 or 503, as long as that is safe and worth the wait.
 *
 * Safe are requests that change nothing, and those with an `Idempotency-Key`, which sending a message always gets. What
 * would take longer than `patience` in total is not waited for: the last response or error is the outcome.
 */
export class Transport {
  readonly patience: number;
  readonly #timeout: number;
  readonly #fetch: typeof fetch;
  readonly #refresh: (() => Promise<string>) | undefined;
  #credential: string;
  #refreshing: Promise<string> | undefined;

  constructor(credential: string, options: Options) {
    this.#credential = credential;
    this.#refresh = options.refresh;
    this.#timeout = options.timeout ?? 30_000;
    this.patience = options.patience ?? 60_000;
    this.#fetch = options.fetch ?? ((...given) => fetch(...given));
  }

  /** What the generated operations use as `fetch`. */
  readonly fetch: typeof fetch = (input, init) => this.send(new Request(input, init));

  /** Send a request, and throw `Refused` for a status from 400. */
  async send(request: Request, patience = this.patience): Promise<Response> {
    if (request.method === "POST" && SENDS_A_MESSAGE.test(new URL(request.url).pathname)) {
      if (!request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
    const used = this.#credential;
    let response = await this.#repeated(request, patience);
    if (response.status === 401 && this.#refresh && (await problemIn(response)).code === "token_expired") {
      if (this.#credential === used) await this.#renew(this.#refresh); // else another request was faster
      response = await this.#repeated(request, patience);
    }
    if (response.status >= 400) throw await refusedBy(response);
    return response;
  }

  async #renew(refresh: () => Promise<string>): Promise<void> {
    this.#refreshing ??= refresh().finally(() => (this.#refreshing = undefined));
    this.#credential = await this.#refreshing;
  }

  async #repeated(request: Request, patience: number): Promise<Response> {
    const isSafe = SAFE.has(request.method) || request.headers.has("Idempotency-Key");
    const givesUpAt = isSafe ? Date.now() + patience : 0;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      let wait = pause;
      try {
        const response = await this.#attempt(request);
        const asked = isSafe ? await pauseBeforeRepeat(response, pause) : undefined;
        if (asked === undefined || Date.now() + asked > givesUpAt) return response;
        await response.body?.cancel();
        wait = asked;
      } catch (error) {
        if (request.signal.aborted || Date.now() + pause > givesUpAt) throw error;
      }
      await sleep(wait, request.signal);
    }
  }

  async #attempt(request: Request): Promise<Response> {
    const attempt = request.clone();
    attempt.headers.set("Authorization", `Bearer ${this.#credential}`);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("The server does not respond.")), this.#timeout);
    try {
      return await this.#fetch(attempt, { signal: AbortSignal.any([request.signal, late.signal]) });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Milliseconds until a repeat may have another outcome; undefined if it has not. */
async function pauseBeforeRepeat(response: Response, usual: number): Promise<number | undefined> {
  const asked = retryAfterOf(response);
  if ([429, 503].includes(response.status) && asked !== undefined) return 1000 * asked;
  if ([502, 503, 504].includes(response.status)) { // a proxy's, unless it is JSON
    return response.headers.get("Content-Type")?.includes("json") ? undefined : usual;
  }
  if (response.status !== 409) return undefined;
  return (await problemIn(response)).code === "idempotency_in_flight" ? usual : undefined;
}

/** Wait; throws the signal's reason when that is aborted. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
  });
}
