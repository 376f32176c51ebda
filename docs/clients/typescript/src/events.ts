/** What a stream is made of: blocks of server-sent events, and the events that a program gets of them. */

import type { Message } from "./core/index.js";

export type ReplyEvent =
  /** The next piece of the text. */
  | { type: "delta"; text: string }
  /** Drop everything so far: another attempt has another text, which follows from its beginning. */
  | { type: "restart" }
  /** The next piece of the summary of the model's thoughts, of code that was run, or of what that printed. */
  | { type: "thought" | "code" | "code_result"; text: string }
  /** A page on which ranges of the text rest, in code points. */
  | { type: "source"; url: string; title: string; spans: [number, number][] }
  /** Must be shown with a reply that rests on a search, in a sandboxed frame. */
  | { type: "search_suggestions"; html: string }
  /** The end: the message with its final reply, whose `status` is done, failed or stopped. */
  | { type: "end"; message: Message };

type Text = "delta" | "thought" | "code" | "code_result";
type Kind = Text | "source" | "search_suggestions";

const TEXTS: readonly string[] = ["delta", "thought", "code", "code_result"] satisfies Text[];
const OBJECTS: readonly string[] = ["source", "search_suggestions"];

/** One server-sent event; `event` is empty for a keep-alive comment. */
export interface Block {
  event: string;
  id: string;
  data: { text?: string; code?: string; final?: boolean; [member: string]: unknown };
  /** Milliseconds. */
  retry: number | undefined;
}

/** Whether it says that the stream has ended, and not the reply. */
export const endsTheStreamOnly = (block: Block): boolean => block.event === "error" && "final" in block.data;

/** Whether it says how the reply has ended. */
export const endsTheReply = (block: Block): boolean =>
  ["done", "stopped", "error"].includes(block.event) && !endsTheStreamOnly(block);

/** The events in the bytes of a stream. */
export async function* blocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Block> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const whole = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = whole.pop() ?? "";
    for (const block of whole) {
      const fields = new Map(block.split("\n").map((line) => {
        const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
        return [name, value];
      }));
      const retry = fields.get("retry");
      yield {
        event: fields.get("event") ?? "",
        id: fields.get("id") ?? "",
        data: JSON.parse(fields.get("data") ?? "{}") as Block["data"],
        retry: retry === undefined ? undefined : Number(retry),
      };
    }
  }
}

/** What a program was given of a reply, so that no piece is given twice, whatever the server sends again. */
export class Shown {
  #given = new Map<Kind, string>();
  /** By kind: how much of what was given the attempt has sent again, or for the first time. */
  #length = new Map<Kind, number>();

  get text(): string {
    return this.#given.get("delta") ?? "";
  }

  /** The events that are new in a block; none for a kind that is not known. */
  *take(block: Block): Generator<ReplyEvent> {
    if (block.event === "start") this.#length.clear();
    else if (TEXTS.includes(block.event)) yield* this.#add(block.event as Text, block.data.text ?? "");
    else if (OBJECTS.includes(block.event)) yield* this.#add(block.event as Kind, `${JSON.stringify(block.data)}\n`);
  }

  /** What is missing of the stored reply, and the end. */
  *end(message: Message): Generator<ReplyEvent> {
    const stored = message.gemini_response;
    let text = this.text;
    if (stored && !this.isAheadOf(message)) {
      if (!stored.startsWith(text)) {
        yield { type: "restart" };
        text = "";
      }
      if (stored.length > text.length) yield { type: "delta", text: stored.slice(text.length) };
    }
    yield { type: "end", message };
  }

  /** Whether a reply was stopped, and what was streamed of it is not stored yet. */
  isAheadOf(message: Message): boolean {
    const stored = message.gemini_response ?? "";
    return message.reply.status === "stopped" && this.text !== stored && this.text.startsWith(stored);
  }

  *#add(kind: Kind, text: string): Generator<ReplyEvent> {
    const given = this.#given.get(kind) ?? "";
    const at = this.#length.get(kind) ?? 0;
    const known = given.slice(at, at + text.length);
    if (text.startsWith(known)) {
      this.#given.set(kind, given + text.slice(known.length));
      this.#length.set(kind, at + text.length);
      yield* events(kind, text.slice(known.length));
      return;
    }
    const sent = [...this.#length].map(([each, length]) => [each, (this.#given.get(each) ?? "").slice(0, length)] as const);
    this.#given = new Map([...sent, [kind, given.slice(0, at) + text]]);
    this.#length = new Map([...this.#given].map(([each, whole]) => [each, whole.length]));
    yield { type: "restart" };
    for (const [each, whole] of this.#given) yield* events(each, whole);
  }
}

function* events(kind: Kind, text: string): Generator<ReplyEvent> {
  if (!text) return;
  if (kind !== "source" && kind !== "search_suggestions") yield { type: kind, text };
  else for (const line of text.trimEnd().split("\n")) yield { type: kind, ...JSON.parse(line) } as ReplyEvent;
}
