"""
Own meters and what they showed: installations, readings, consumption, findings and the decisions on them.

Invariants: a meter is at one point a day and a register shows one live reading a day; what was read is kept raw;
an estimate never feeds an estimate (I11). Start with `domain.consumption`.
"""
