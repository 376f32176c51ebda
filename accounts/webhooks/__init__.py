"""Outgoing webhooks by Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks).

`outbox.tell` writes what is to be told in the transaction of what happened; `senders` delivers it.
"""
