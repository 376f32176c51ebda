/** The tour through the functions that @hey-api/openapi-ts has generated, and nothing else. */

import {
  createChatroom, createClient, deleteChatroom, deleteFile, downloadFile, getChatroom, getFile, getMessage, getUsage, listChatrooms,
  listMessages, search, sendMessage, sendSignInCode, uploadFile, verifySignInCode,
} from "kuvaka-client";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [, , baseUrl = "", number = ""] = process.argv;
const client = createClient({ baseUrl });

const { data: code } = await sendSignInCode({ client, body: { mobile_number: number } });
const { data: tokens } = await verifySignInCode({ client, body: { mobile_number: number, otp: code.otp ?? "" } });
client.setConfig({ auth: tokens.access_token });

const { data: room } = await createChatroom({ client, body: { name: "Weather" } });
const content = "What is a monsoon?";
const { data: sent } = await sendMessage({ client, path: { room_id: room.id }, body: { content }, query: { wait: 25 } });
const { data: message } = await getMessage({ client, path: { message_id: sent.id }, query: { wait: 25 } });
const { data: rooms } = await listChatrooms({ client });
const { data: messages } = await listMessages({ client, path: { room_id: room.id } });
const { data: found } = await search({ client, query: { q: "monsoon" } });
const { data: usage } = await getUsage({ client });
const note = new File(["A note."], "note.txt", { type: "text/plain" });
const { data: kept } = await uploadFile({ client, body: { file: note } });
const { data: file } = await getFile({ client, path: { file_id: kept.id } });
const { data: bytes } = await downloadFile({ client, path: { file_id: kept.id }, parseAs: "blob" });
const removed = await deleteFile({ client, path: { file_id: kept.id } });
const { data: whole } = await getChatroom({ client, path: { room_id: room.id } });
const deleted = await deleteChatroom({ client, path: { room_id: room.id } });
const gone = await getChatroom({ client, path: { room_id: room.id }, throwOnError: false });

process.stdout.write(JSON.stringify({
  reply: [message.reply.status, message.gemini_response],
  rooms: rooms.map((each) => each.name),
  messages: messages.map((each) => each.content),
  found: found.map((each) => each.message_id === message.id),
  used: usage.used,
  file: [file.name, file.size, await bytes.text()],
  whole: whole.messages.length,
  deleted: [removed.response.status, deleted.response.status, gone.error?.code],
}));
