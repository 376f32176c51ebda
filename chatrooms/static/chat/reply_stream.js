/**
 * Follows one reply until it is final, through lost connections, expired tickets, restarts of the server and sleep.
 *
 * @typedef {"connecting" | "live" | "reconnecting" | "offline"} Line
 * @typedef {object} Handlers
 * @property {(name: string, data: any) => void} onEvent an event of the reply: start, delta, thought, code, …
 * @property {(line: Line) => void} onLine how the connection is
 * @property {(message: Message) => void} onFinal the message as the API has it, once its reply is final
 * @property {(problem: unknown) => void} onGone the message was deleted, or the session has ended
 */
import { request } from "./api.js";

/** A comment comes every 15 seconds: a connection that is silent for longer than this is dead. */
const SILENCE = 35_000;
/** A ticket opens a stream for five minutes. */
const TICKET_LIFE = 270_000;
const LONGEST_PAUSE = 10_000;
/** A timer that is this late means that the machine slept. */
const SLEPT = 8_000;
const BEAT = 2_000;

export class ReplyStream {
  /** @param {Message} message @param {Handlers} handlers */
  constructor(message, handlers) {
    this.messageId = message.id;
    this.handlers = handlers;
    this._url = message.stream_url;
    this._urlSince = Date.now();
    this._last = "";
    this._failures = 0;
    this._stopped = false;
    this._lastByte = Date.now();
    /** @type {AbortController | null} */
    this._connection = null;
    this._wakeUp = () => {};
  }

  start() {
    let beat = Date.now();
    this._beat = setInterval(() => {
      const now = Date.now();
      if (now - beat > SLEPT) this._hurry();
      else if (this._connection && now - this._lastByte > SILENCE) this._connection.abort();
      beat = now;
    }, BEAT);
    this._onOnline = () => this._hurry();
    this._onOffline = () => this.handlers.onLine("offline");
    addEventListener("online", this._onOnline);
    addEventListener("offline", this._onOffline);
    addEventListener("pageshow", this._onOnline);
    this._run();
  }

  stop() {
    if (this._stopped) return;
    this._stopped = true;
    clearInterval(this._beat);
    if (this._onOnline) {
      removeEventListener("online", this._onOnline);
      removeEventListener("pageshow", this._onOnline);
    }
    if (this._onOffline) removeEventListener("offline", this._onOffline);
    this._connection?.abort();
    this._wakeUp();
  }

  /** Ask now whether the reply is final: after a stop, or when another tab has heard of it. */
  check() {
    this._url = null;
    this._connection?.abort();
    this._wakeUp();
  }

  /** After sleep, or when the network is back: the old connection is probably dead, and no pause is due. */
  _hurry() {
    this._failures = 0;
    if (this._connection && Date.now() - this._lastByte > 3_000) this._connection.abort();
    this._wakeUp();
  }

  async _run() {
    this.handlers.onLine("connecting");
    while (!this._stopped) {
      try {
        if ((await this._round()) === "ended") return;
      } catch (error) {
        if (this._stopped) return;
        const { status = 0, code = "" } = /** @type {{status?: number, code?: string}} */ (error);
        if (status === 404 || code === "session_ended" || (status === 401 && this._url === null)) {
          this._end();
          this.handlers.onGone(error);
          return;
        }
        if (status === 401) this._url = null; // the ticket has expired: get the message again at once
        else await this._pause(error);
      }
    }
  }

  /** @returns {Promise<"ended" | "again">} */
  async _round() {
    if (this._url === null || Date.now() - this._urlSince > TICKET_LIFE || this._failures > 1) {
      const message = await request("GET", "/message/{message_id}", { params: { message_id: this.messageId } });
      if (this._stopped) return "ended";
      if (isFinal(message)) {
        this._end();
        this.handlers.onFinal(message);
        return "ended";
      }
      this._url = message.stream_url;
      this._urlSince = Date.now();
    }
    if (this._url === null) throw new TypeError("No stream yet.");
    if (await this._read(this._url)) this._url = null; // final: the message has the rest
    else throw new TypeError("The stream ended before the reply.");
    return "again";
  }

  _end() {
    this.stop();
  }

  /** Read the stream to its end. @param {string} url @returns {Promise<boolean>} whether the reply is final */
  async _read(url) {
    const connection = new AbortController();
    this._connection = connection;
    this._lastByte = Date.now();
    try {
      const address = this._last ? `${url}&after=${encodeURIComponent(this._last)}` : url;
      const response = await fetch(address, { signal: connection.signal, headers: { Accept: "text/event-stream" } });
      if (response.status === 204) return true;
      if (!response.ok || !response.body) {
        const body = await response.json().catch(() => ({}));
        throw Object.assign(new Error("The stream was refused."), {
          status: response.status, code: body.code, retryAfter: Number(response.headers.get("Retry-After")) || null,
        });
      }
      return await this._events(response.body);
    } finally {
      if (this._connection === connection) this._connection = null;
    }
  }

  /** @param {ReadableStream<Uint8Array>} body */
  async _events(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      this._lastByte = Date.now();
      rest += decoder.decode(value, { stream: true });
      // Lines end at line feeds only: a text may have other characters that some call ends of lines.
      let end;
      while ((end = rest.indexOf("\n\n")) >= 0) {
        const event = parse(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (event && this._take(event)) return true;
      }
    }
  }

  /** @param {{name: string, id: string, data: any}} event @returns {boolean} whether the reply is final */
  _take({ name, id, data }) {
    if (this._stopped) return true;
    if (name === "error" && data.final === false) {
      throw Object.assign(new Error("The stream was closed."), { status: 503, code: data.code, retryAfter: null });
    }
    if (name === "error" && data.final === true) {
      throw Object.assign(new Error("The stream is over."), { status: data.code === "not_found" ? 404 : 401, code: data.code });
    }
    if (id) this._last = id;
    this._failures = 0;
    this.handlers.onLine("live");
    this.handlers.onEvent(name, data);
    return name === "done" || name === "stopped" || name === "error";
  }

  /** @param {unknown} error */
  async _pause(error) {
    this._failures += 1;
    const { retryAfter = null } = /** @type {{retryAfter?: number | null}} */ (error);
    const grown = Math.min(LONGEST_PAUSE, 300 * 2 ** Math.min(this._failures - 1, 6));
    const pause = Math.max(retryAfter === null ? 0 : retryAfter * 1000, grown) * (0.8 + 0.4 * Math.random());
    // A connection that ends now and then is no trouble that a person should hear of.
    if (!navigator.onLine) this.handlers.onLine("offline");
    else if (this._failures > 1) this.handlers.onLine("reconnecting");
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      this._wakeUp = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }
}

/** @param {string} block the lines of one event */
function parse(block) {
  let name = "message";
  let id = "";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("id:")) id = line.slice(3).trim();
    else if (line.startsWith("data:")) data += line.slice(5).trimStart();
  }
  return data ? { name, id, data: JSON.parse(data) } : null;
}

/** @param {Message} message */
export function isFinal(message) {
  return message.reply.status !== "queued" && message.reply.status !== "generating";
}
