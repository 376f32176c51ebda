// A page that talks by the AI SDK's own `useChat`. It takes from its query where the API is, the key, and the chat's id.
import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { createElement as h, useEffect } from "react";
import { createRoot } from "react-dom/client";

const { api, key, chat } = Object.fromEntries(new URLSearchParams(location.search));
const kept = JSON.parse(localStorage.getItem(chat) ?? "[]");
const transport = new DefaultChatTransport({ api, headers: { Authorization: `Bearer ${key}` } });

function Chat() {
  const { messages, sendMessage, regenerate, status, error } = useChat({
    id: chat,
    messages: kept,
    resume: kept.length > 0,
    transport,
  });
  useEffect(() => localStorage.setItem(chat, JSON.stringify(messages)), [messages]);
  useEffect(() => {
    window.chat = { messages, status, error: error?.message ?? null };
  });
  const send = (event) => {
    event.preventDefault();
    sendMessage({ text: event.target.elements.text.value });
  };
  return h(
    "main",
    { "data-status": status },
    messages.map((message) =>
      h("article", { key: message.id, className: message.role }, message.parts.map((part) => part.text ?? "").join("")),
    ),
    h("form", { onSubmit: send }, h("input", { name: "text" }), h("button", null, "Send")),
    h("button", { id: "again", onClick: () => regenerate() }, "Again"),
  );
}

createRoot(document.getElementById("root")).render(h(Chat));
