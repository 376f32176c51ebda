/** The tour through openapi-fetch, with the types of openapi-typescript. */

import createClient from "openapi-fetch";
import type { paths } from "./openapi.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

/** What the response must have had: the data. */
function got<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

const [, , baseUrl = "", number = ""] = process.argv;
const client = createClient<paths>({ baseUrl });

const { otp = "" } = got(await client.POST("/auth/send-otp", { body: { mobile_number: number } }));
const tokens = got(await client.POST("/auth/verify-otp", { body: { mobile_number: number, otp } }));
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${tokens.access_token}`);
  },
});

const room = got(await client.POST("/chatroom", { body: { name: "Weather" } }));
const ofRoom = { path: { room_id: room.id } };
const content = "What is a monsoon?";
const sent = got(await client.POST("/chatroom/{room_id}/message", { params: ofRoom, body: { content } }));
const ofMessage = { path: { message_id: sent.id }, query: { wait: 25 } };
const message = got(await client.GET("/message/{message_id}", { params: ofMessage }));
const rooms = got(await client.GET("/chatroom"));
const messages = got(await client.GET("/chatroom/{room_id}/messages", { params: ofRoom }));
const found = got(await client.GET("/search", { params: { query: { q: "monsoon" } } }));
const usage = got(await client.GET("/usage"));
const note = new FormData();
note.set("file", new File(["A note."], "note.txt", { type: "text/plain" }));
const kept = got(await client.POST("/files", { body: { file: "" }, bodySerializer: () => note }));
const ofFile = { params: { path: { file_id: kept.id } } };
const file = got(await client.GET("/files/{file_id}", ofFile));
const bytes = await client.GET("/files/{file_id}/content", { ...ofFile, parseAs: "text" });
const removed = await client.DELETE("/files/{file_id}", ofFile);
const whole = got(await client.GET("/chatroom/{room_id}", { params: ofRoom }));
const deleted = await client.DELETE("/chatroom/{room_id}", { params: ofRoom });
const gone = await client.GET("/chatroom/{room_id}", { params: ofRoom });

process.stdout.write(JSON.stringify({
  reply: [message.reply.status, message.gemini_response],
  rooms: rooms.map((each) => each.name),
  messages: messages.map((each) => each.content),
  found: found.map((each) => each.message_id === message.id),
  used: usage.used,
  file: [file.name, file.size, bytes.data],
  whole: whole.messages.length,
  deleted: [removed.response.status, deleted.response.status, gone.error?.code],
}));
