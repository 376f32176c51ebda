"""The dialect of OpenAI's API: one module for each endpoint, over the same functions as all other routes.

docs/openai.md says what works and what is refused.
"""
