"""
Own what the front office does with customers: guided acts over several contexts, their papers, notes and alerts.

Invariants: an act is one transaction made of the contexts' own operations; what a form sends twice is done once; a
note is never changed; an attachment is what it was when it was added (its hash). Start with `operations`, and
`web/guiding.py` for how a screen previews an act by rehearsing it.
"""
