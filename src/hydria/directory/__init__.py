"""
Own the company's registers as lists: people, premises, service points, meters, accounts, debtors and balances.

Facts stay with the contexts; this one asks them all. A list that is needed again is kept as a selection, and an act can
be done on every row of one. Start with `web/registers.py`.
"""
