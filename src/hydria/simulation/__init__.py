"""
Own what-if: the whole register with its real consumption, priced by proposed tariffs beside the ones in force (TAR-09).

Invariants: a simulation prices through the function that prices a billing run; every agreement of every period is in
the sums of all scenarios or set aside with its reason; the sum over any breakdown is the total; winners, losers and
unchanged are all accounts; the same register, months and texts give the same fingerprint. Nothing that is billed or
owed changes. Start with `operations.simulate_chunk` and `domain.tally`.
"""
