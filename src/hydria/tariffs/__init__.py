"""
Own what the utility charges: tariffs as reviewable text, and the one engine that prices with them (TAR).

Invariants: a published text never changes and is named by its hash; each line is exact until it is rounded once;
one account and a million take the same path; a bad row never stops the others. Start with `docs/guide/tariffs.md`
for the text, then `domain/compile.py` (text -> `CompiledTariff`) and `domain/rating.py` (columns -> lines).
"""
