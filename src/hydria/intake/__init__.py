"""
Own the way in for files: mappings, staging, findings, preview, applying as a whole, and undoing.

Invariants: a file is loaded entirely or not at all; loading it again changes nothing; every number that another
system gave is kept as an alias; whatever looks odd is named by row, column, reason and cure. Start with
`domain/kinds.py` (what can be loaded) and `domain/mapping.py` (how a file says it), then `operations.py`.
"""
