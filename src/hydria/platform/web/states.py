"""The tone in which a state is shown. One word has one tone on every screen."""

from __future__ import annotations

from django.db.models import TextChoices

_GOOD = "APPLIED CONNECTED CONFIRMED FINAL DONE DECIDED ACCEPTED MEASURED ACTIVE PAID SETTLED POSTED OPENED PUBLISHED INSERT SUCCEEDED INSTALLED LOG_IN DELIVERED"
_WAIT = "CHECKED WARN DRAFT HELD OPEN ESTIMATED CORRECTED ADJUSTED ASSUMED PARTLY_PAID STAGED UPDATE TODO WARNING NEAR EXPIRING SUSPENDED WAITING"
_BAD = "BLOCK PARKED FAILED OVERDUE REFUSED DELETE REVERSED ERROR REJECTED EXHAUSTED LOST LOG_IN_FAILED CLOSED_DOOR DENIED REVOKED"
_BUSY = "QUOTED SIMULATED APPROVED RECEIVED PRICING RUNNING DOING ACCESS INFO"
_TONES = {
    word: tone
    for tone, words in (("good", _GOOD), ("wait", _WAIT), ("bad", _BAD), ("busy", _BUSY))
    for word in words.split()
}


def tone_of(code: str) -> str:
    """
    Return the tone of a state: good, wait, bad, busy, or idle for all others.

    >>> tone_of("CONFIRMED"), tone_of("parked"), tone_of("SUPERSEDED")
    ('good', 'bad', 'idle')
    """
    return _TONES.get(code.upper(), "idle")


def label_of(choices: type[TextChoices], code: str) -> str:
    """Return the translated word of a state, or the code itself when the list does not know it."""
    return str(choices(code).label) if code in choices.values else code
