"""
Own persons and organisations and the names and identifiers they go by.

Invariants: one national identifier names one party. What a party *is* to an account or a premise (holder, payer,
owner, tenant) is a dated role kept by `agreements` and `premises`. Start with `models.Party`.
"""
