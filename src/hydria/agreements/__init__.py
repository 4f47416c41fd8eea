"""
Own accounts and service agreements: who pays, and what was agreed for one service at one point, dated.

Invariants: a point has one agreement a day; an agreement has one set of terms a day; an account has one holder a
day (I1). Start with `models.ServiceAgreement`.
"""
