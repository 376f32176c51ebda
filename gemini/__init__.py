"""Talking to Gemini. `gemini.client.stream_reply` is the way in; nothing else here knows the rest of the project."""
