"""
Own what accounts owe and are owed: items, their allocation, balances and statements.

An item is owed by the customer (`OWED`) or held for the customer (`HELD`: payments, credits, advances); an allocation
settles part of one with part of the other. Amounts are never negative and never change. Invariants: an item is never
settled beyond its amount; the items together equal the control account of the ledger (I5, ACC-07).
Start with `operations.post_items` and `domain.allocation`.
"""
