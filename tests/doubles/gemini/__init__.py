"""Gemini's REST interface on loopback: `python -m tests.doubles.gemini --port 0`, or `GeminiDouble` from a test."""

from tests.doubles.gemini.client import GeminiDouble

__all__ = ["GeminiDouble"]
