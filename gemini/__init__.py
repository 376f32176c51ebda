"""Calls to Gemini. The entry point is `gemini.client.stream_reply`; the package knows nothing of the other apps."""
