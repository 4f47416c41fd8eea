"""
Own the fields that the company adds itself to its accounts, people, premises, service points and meters (CUS-22).

Invariants: a value fits its field (PostgreSQL checks type, bounds, pattern and list); code, kind and subject of a field
never change; an option that is in use is not taken away. Start with `models`; `web/fitting.py` puts the fields into
lists, forms and pages.
"""
