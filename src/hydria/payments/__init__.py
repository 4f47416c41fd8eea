"""
Own money that comes in: tills and their sessions, payments, tenders, receipts, reversals.

Invariants: a payment equals its tenders; the same key never pays twice; a reversal mirrors and restores exactly what
it reverses. Start with `operations.take_payment`.
"""
