"""
Own the door for programs (ADM-08): keys with scopes and limits, and the REST API under `/api/v1/`.

Invariants: a key's secret is shown once and kept only as a hash; a key may do what its scopes say and no more; a
POST repeated under its `Idempotency-Key` has one effect and one answer. It owns no business rule: every endpoint
parses, calls one query or operation of a context, and answers. Start with `web/v1.py`.
"""
