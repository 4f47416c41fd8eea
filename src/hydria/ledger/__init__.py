"""
Own the general ledger: chart of accounts, accounting periods, journals and their entries.

Invariants: every journal balances when its transaction commits; nothing posted is updated or deleted (I6); a journal
is posted once per source. Start with `operations.post_journal`.
"""
