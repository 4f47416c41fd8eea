"""Screens of receivables: the statement of account."""
