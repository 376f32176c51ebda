/** What the tests run with the packed TypeScript client. Each line of output is JSON; `program.py` does the same. */

import {
  createChatroom, ForgedWebhook, getUsage, Kuvaka, type Message, Refused, type ReplyEvent, verifyWebhook,
} from "kuvaka-client";

declare const process: { argv: string[]; env: Record<string, string>; stdout: { write(text: string): void } };

const say = (fields: object): void => process.stdout.write(`${JSON.stringify(fields)}\n`);

const sayFinal = ({ id, reply, gemini_response: text }: Message): void =>
  say({ type: "end", id, status: reply.status, text });

async function sayEvents(events: AsyncIterable<ReplyEvent>): Promise<void> {
  for await (const event of events) {
    if (event.type === "end") sayFinal(event.message);
    else say(event);
  }
}

async function run(kuvaka: Kuvaka, command = "", first = "", second = ""): Promise<void> {
  if (command === "room") {
    const { data } = await createChatroom({ client: kuvaka.core, body: { name: "Weather" } });
    say({ room: data.id });
  } else if (command === "usage") {
    const { data } = await getUsage({ client: kuvaka.core });
    say({ used: data.used });
  } else if (command === "send") {
    await sayEvents(kuvaka.send(Number(first), second));
  } else if (command === "stream") {
    await sayEvents(kuvaka.stream(Number(first)));
  } else if (command === "wait") {
    sayFinal(await kuvaka.wait(Number(first), { signal: AbortSignal.timeout(1000 * Number(second)) }));
  } else {
    for (const each of JSON.parse(first) as Signed[]) verify(each);
  }
}

interface Signed {
  body: string;
  headers: Record<string, string>;
  secrets: string[];
}

function verify({ body, headers, secrets }: Signed): void {
  try {
    say({ event: verifyWebhook(new TextEncoder().encode(body), headers, secrets) });
  } catch (error) {
    if (!(error instanceof ForgedWebhook)) throw error;
    say({ forged: true });
  }
}

const { KUVAKA_URL = "", KUVAKA_KEY = "", KUVAKA_PATIENCE, KUVAKA_NEXT_TOKEN } = process.env;
const refresh = async (): Promise<string> => {
  say({ type: "refreshed" });
  return KUVAKA_NEXT_TOKEN ?? "";
};
const kuvaka = new Kuvaka(KUVAKA_URL, KUVAKA_KEY, {
  patience: 1000 * Number(KUVAKA_PATIENCE),
  ...(KUVAKA_NEXT_TOKEN && { refresh }),
});
try {
  await run(kuvaka, ...process.argv.slice(2));
} catch (error) {
  if (error instanceof Refused) {
    const { name, status, code, requestId: id, retryAfter: after = null } = error;
    say({ refused: name, status, code, id, after });
  } else if ((error as Error).name === "TimeoutError") {
    say({ late: true });
  } else if (error instanceof TypeError && error.message === "fetch failed") {
    say({ unreachable: true });
  } else {
    throw error;
  }
}
