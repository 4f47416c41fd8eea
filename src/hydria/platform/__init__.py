"""
Own what every context stands on: users and permissions, audit, jobs, numbering, files, bulk writing.

Invariants: a change of an audited table leaves an `AuditEntry` whoever made it and however; a number series never
gives a number twice. Start with `access` (who may do what) and `transactions` (how an operation writes).
"""
