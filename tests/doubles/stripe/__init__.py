"""A pretend Stripe: a process of its own, for tests and for `make run` without keys. No money ever moves.

It speaks Stripe's API to the vendor's own unmodified SDK; tests compare what it sends with that SDK's types.
"""
