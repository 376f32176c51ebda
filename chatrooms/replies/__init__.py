"""Replies: their life cycle, their generation by a worker, and the prompts."""
