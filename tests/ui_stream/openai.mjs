// Uses Kuvaka through the `openai` package: what the tour named in the arguments gets, as lines of JSON. Where and as
// whom, the package reads from the environment. A line at the standard input lets a tour go on that waits for it.
import { createInterface } from "node:readline";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const model = process.env.MODEL;
const question = "What is a monsoon?";
const messages = [{ role: "user", content: question }];
const FEW = 30; // characters after which a tour is in mid-answer

const tours = { models, chat, responses, resumed, background, cancelled, refused, failed, limited, chatKilled, killed };
await tours[process.argv[2]]();

async function models() {
  const ids = [];
  for await (const each of client.models.list()) ids.push(each.id);
  tell({ ids, one: (await client.models.retrieve(model)).id });
}

async function chat() {
  const whole = await client.chat.completions.create({ model, messages });
  const chunks = await all(client.chat.completions.create({ model, messages, stream: true }));
  const options = { stream: true, stream_options: { include_usage: true } };
  tell({ whole, chunks, counted: await all(client.chat.completions.create({ model, messages, ...options })) });
}

async function responses() {
  const whole = await client.responses.create({ model, input: question, instructions: "Be brief." });
  const again = await client.responses.retrieve(whole.id);
  const next = await client.responses.create({ model, input: "And then?", previous_response_id: whole.id });
  await client.responses.delete(next.id);
  const gone = await refusal(client.responses.retrieve(next.id));
  const events = await all(client.responses.create({ model, input: question, stream: true }));
  tell({ whole, text: whole.output_text, again, next, gone, events });
}

async function resumed() {
  const events = await all(client.responses.create({ model, input: question, stream: true }));
  const { id } = events[0].response;
  const rests = [];
  for (const { sequence_number: starting_after } of events) {
    const rest = await all(client.responses.retrieve(id, { stream: true, starting_after }));
    rests.push({ text: text(rest), types: rest.map((event) => event.type) });
  }
  tell({ events, rests });
}

async function background() {
  const begun = await client.responses.create({ model, input: question, background: true });
  let now = begun;
  while (now.status === "queued" || now.status === "in_progress") {
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = await client.responses.retrieve(begun.id);
  }
  tell({ begun: begun.status, ended: now.status, text: now.output_text });
}

async function cancelled() {
  const stream = await client.responses.create({ model, input: question, background: true, stream: true });
  const rest = stream[Symbol.asyncIterator]();
  const events = await until(rest, FEW);
  const shown = await client.responses.cancel(events[0].response.id);
  for await (const event of rest) events.push(event);
  tell({ shown: shown.status, received: text(events), last: events.at(-1) });
}

async function refused() {
  const stranger = new OpenAI({ maxRetries: 0, apiKey: "kvk_x" });
  tell([
    await refusal(client.responses.create({ model, input: question, top_p: 0.5 })),
    await refusal(client.chat.completions.create({ model, messages, n: 2 })),
    await refusal(client.chat.completions.create({ model: "gpt-5", messages })),
    await refusal(client.responses.retrieve("resp_999999999999")),
    await refusal(stranger.models.list()),
  ]);
}

async function failed() {
  const events = await all(client.responses.create({ model, input: question, stream: true }));
  tell({
    completion: await refusal(client.chat.completions.create({ model, messages })),
    streamed: await refusal(all(client.chat.completions.create({ model, messages, stream: true }))),
    response: await refusal(client.responses.create({ model, input: question })),
    last: events.at(-1),
  });
}

async function limited() {
  await client.responses.create({ model, input: question, background: true });
  tell(await refusal(client.responses.create({ model, input: question })));
}

async function chatKilled() {
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  let received = "";
  for await (const chunk of stream) {
    const before = received.length;
    received += chunk.choices[0]?.delta?.content ?? "";
    if (before < FEW && received.length >= FEW) await pause();
  }
  tell({ received });
}

async function killed() {
  const stream = await client.responses.create({ model, input: question, background: true, stream: true });
  const events = await until(stream[Symbol.asyncIterator](), FEW);
  stream.controller.abort();
  await pause();
  const { id } = events[0].response;
  const { sequence_number: starting_after } = events.at(-1);
  events.push(...(await all(client.responses.retrieve(id, { stream: true, starting_after }))));
  tell({ received: text(events), last: events.at(-1) });
}

function tell(found) {
  console.log(JSON.stringify(found));
}

async function pause() {
  tell("in mid-answer");
  const lines = createInterface({ input: process.stdin });
  await new Promise((resolve) => lines.once("line", resolve));
  lines.close();
}

async function all(asked) {
  const found = [];
  for await (const each of await asked) found.push(each);
  return found;
}

async function until(iterator, length) {
  const events = [];
  while (text(events).length < length) events.push((await iterator.next()).value);
  return events;
}

function text(events) {
  return events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
}

/** The exception's class of the package's, and what it says. */
async function refusal(asked) {
  try {
    await asked;
  } catch (error) {
    const kind = Object.keys(OpenAI).find((name) => OpenAI[name] === error.constructor);
    return { kind, status: error.status ?? null, code: error.code ?? null, param: error.param ?? null };
  }
  return null;
}
