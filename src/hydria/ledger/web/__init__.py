"""Screens of the ledger: trial balance, accounts, journals, accounting months."""
