"""
Own what is charged outside a billing period: the list of fees, quotations for accounts, and their instalments.

A fee is priced by the text of a tariff, dated and approved like any other; a quotation keeps the price of its day with
everything that explains it. Billing puts what is accepted on an invoice of its own or on the next one of the account.

Invariants: a quotation equals its lines and its instalments and is never priced again; an instalment is billed once.
Start with `operations.quote`, `domain.instalments` and ADR 17.
"""
