"""Pure rules of payments: tenders, change, and when two requests are the same."""
