"""
Own what a tariff's text cannot say of discounts, subsidies and campaigns: who has them, why, until when, who pays.

The money itself is a charge of the tariff (a line like any other); this context answers its input `concession_<code>`,
keeps programs, funds and grants, and posts what is given once at the desk or the till.

Invariants: a grant is never edited, an event ends it; what funds pay is the sum of the lines and discounts that name
their programs; a concession that is lost without an event parks the agreement. Start with `operations.grant` and ADR 13.
"""
