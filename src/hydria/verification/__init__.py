"""
Own the proof on a live database: every invariant of the domain, checked in sets, printed with its counts.

Reads the tables of all contexts by SQL and writes nothing. Start with `checks`, which holds one statement per
invariant, and `queries.verify`, which runs them.
"""
