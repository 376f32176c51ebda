// Reads streams with the SDK itself: one run a line at the standard input, as JSON with `sdk` (6 or 7), `sse` (the
// streams of its connections, in order) and `expected`; prints one line for each run that is not as expected.
import { createInterface } from "node:readline";

const SDKS = { 6: await import("ai"), 7: await import("ai-of-7") };

let runs = 0;
let invalid = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const run = JSON.parse(line);
  runs += 1;
  const found = await read(run).catch((error) => ({ problem: String(error) }));
  const wrong = Object.keys(run.expected).filter((name) => !same(found[name], run.expected[name]));
  if (found.problem || wrong.length > 0) {
    invalid += 1;
    console.log(JSON.stringify({ run: run.name, found, expected: run.expected, sse: run.sse }));
  }
}
console.log(JSON.stringify({ runs, invalid }));

async function read({ sdk, sse }) {
  const { DefaultChatTransport, readUIMessageStream } = SDKS[sdk];
  const found = { text: "", steps: 0, error: null, end: null, usage: null, id: null, sources: 0 };
  const responses = [...sse];
  const answer = () =>
    Promise.resolve(new Response(responses.shift(), { headers: { "content-type": "text/event-stream" } }));
  const transport = new DefaultChatTransport({ api: "https://kuvaka.example/v1/ui/chat", fetch: answer });
  let stream = await transport.sendMessages({ chatId: "c", messages: [], trigger: "submit-message" });
  while (responses.length > 0) {
    for await (const chunk of stream) void chunk; // each is checked, though the connection broke
    stream = await transport.reconnectToStream({ chatId: "c" });
  }
  const ends = new TransformStream({
    transform(chunk, controller) {
      if (chunk.type === "finish") found.end = chunk.finishReason;
      if (chunk.type === "abort") found.end = "abort";
      controller.enqueue(chunk);
    },
  });
  const options = { stream: stream.pipeThrough(ends), onError: (error) => (found.error = error.message) };
  for await (const message of readUIMessageStream(options)) {
    const last = message.parts.slice(message.parts.findLastIndex((part) => part.type === "step-start") + 1);
    found.id = message.id;
    found.steps = message.parts.filter((part) => part.type === "step-start").length;
    found.text = texts(last);
    found.everything = texts(message.parts);
    found.sources = last.filter((part) => part.type === "source-url").length;
    found.usage = message.metadata?.usage ?? null;
    found.open = message.parts.filter((part) => part.state === "streaming").length;
  }
  return found;
}

function texts(parts) {
  return parts.filter((part) => part.type === "text").map((part) => part.text).join("");
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
