"""Replies: their life, their generation by a worker, and what the model is told."""
