"""A pretend Stripe in its own process, for tests and for `make run` without keys. It moves no money.

It speaks Stripe's API to the vendor's own unmodified SDK; tests compare what it sends with that SDK's types.
"""
