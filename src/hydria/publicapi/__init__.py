"""
Own the door for programs (ADM-08): keys with scopes and limits, the REST API under `/api/v1/`, events and webhooks.

Invariants: a key's secret is shown once and kept only as a hash; a key may do what its scopes say and no more; a
POST repeated under its `Idempotency-Key` has one effect and one answer; an event is written with the act that it tells
of, and the events of one object are delivered in order. It owns no business rule: every endpoint parses, calls one
query or operation of a context, and answers. Start with `web/v1.py`; for webhooks, with `_listening.py`.
"""
