"""Screens of payments: till, sessions, payments and their reversal, the takings of a day."""
