"""
Own the road from consumption to invoice: periods of cycles, runs, drafts, confirmation, proof.

Invariants: an agreement is billed once for a period (I3); every agreement due is billed, excluded with a reason, or
parked with an owner (I2); an invoice equals its lines, its items and its ledger entries (I4); a confirmed invoice never
changes and can be worked out again to the cent (I8). Start with `operations.start_run` and `domain.proof`.
"""
