"""A pretend Stripe: a process of its own, for tests and for `make run` without keys. No money moves, ever.

It speaks Stripe's API to the vendor's own unmodified SDK; tests hold what it sends to that SDK's types.
"""
