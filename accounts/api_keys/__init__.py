"""API keys: their text, making and ending them, and what a request with one may do."""
