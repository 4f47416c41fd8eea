"""Pure rules of the ledger: what a journal is before it is posted."""
