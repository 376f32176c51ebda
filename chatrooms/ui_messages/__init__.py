"""Chats of Vercel's AI SDK (`useChat`): its requests, and the stream of chunks that it reads."""
