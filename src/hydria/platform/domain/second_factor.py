"""
Rules of the second factor: which code counts when (RFC 6238), what a recovery code looks like, how long a guesser waits.

A code counts once, in its own half minute and the one before and after it. Six digits are guessed in the end by whoever
may try for ever, so every fifth wrong answer in a row closes the door, each time for twice as long.
"""

from __future__ import annotations

import base64
import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

KEY_BYTES = 20
CODE_DIGITS = 6
STEP_SECONDS = 30
STEPS_EITHER_SIDE = 1
TRIES_MAX = 5
FIRST_WAIT = datetime.timedelta(minutes=15)
LONGEST_WAIT = datetime.timedelta(hours=24)
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits: nobody tries them out
RECOVERY_LETTERS = 16
RECOVERY_GROUP = 4


def find_step(*, key: bytes, typed: str, at: datetime.datetime, last_step: int) -> int | None:
    """
    Return the half minute whose code was typed, or None if it is no code that still counts.

    key        secret shared with the authenticator app
    last_step  half minute of the last code that counted; neither it nor an earlier one counts again

    Source: RFC 6238, 5.2 (a code is accepted once only).
    """
    code = "".join(typed.split())
    if len(code) != CODE_DIGITS or not (code.isascii() and code.isdigit()):
        return None
    totp = _totp(key)
    step_now = int(at.timestamp()) // STEP_SECONDS
    for step in range(step_now - STEPS_EITHER_SIDE, step_now + STEPS_EITHER_SIDE + 1):
        try:
            totp.verify(code.encode(), step * STEP_SECONDS)
        except InvalidToken:
            continue
        if step > last_step:
            return step
    return None


def code_at(*, key: bytes, at: datetime.datetime) -> str:
    """Return the code that an authenticator app shows at an instant."""
    return _totp(key).generate(int(at.timestamp())).decode()


def waiting_time(*, failure_count: int) -> datetime.timedelta | None:
    """
    Return how long the door stays closed after so many wrong answers in a row, or None if it does not close.

    >>> [str(waiting_time(failure_count=count)) for count in (1, 4, 5, 6, 10, 100)]
    ['None', 'None', '0:15:00', 'None', '0:30:00', '1 day, 0:00:00']
    """
    rounds, rest = divmod(failure_count, TRIES_MAX)
    if rounds == 0 or rest:
        return None
    doublings = min(rounds - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def spell_key(key: bytes) -> str:
    """
    Spell a key as people type it into an app that cannot see the picture.

    >>> spell_key(bytes(range(20)))
    'AAAQ EAYE AUDA OCAJ BIFQ YDIO B4IB CEQT'
    """
    return _grouped(base64.b32encode(key).decode(), separator=" ")


def spell_address(*, key: bytes, issuer: str, username: str) -> str:
    """
    Return the address that authenticator apps read from the picture.

    >>> spell_address(key=bytes(range(20)), issuer="Agua é", username="ana")
    'otpauth://totp/Agua%20%C3%A9:ana?secret=AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT&issuer=Agua%20%C3%A9'
    """
    shown = quote(issuer.replace(":", " "), safe="")
    return f"otpauth://totp/{shown}:{quote(username, safe='')}?secret={base64.b32encode(key).decode()}&issuer={shown}"


def spell_recovery_code(random: bytes) -> str:
    """
    Spell random bytes as a code that a person can write down.

    >>> spell_recovery_code(bytes(range(10)))
    'aaaq-eaye-auda-ocaj'
    """
    return _grouped(base64.b32encode(random).decode().lower(), separator="-")


def read_recovery_code(typed: str) -> str | None:
    """
    Return the letters of a recovery code, however it was typed, or None if it cannot be one.

    >>> read_recovery_code(" AAAQ eaye-auda OCAJ "), read_recovery_code("123456")
    ('aaaqeayeaudaocaj', None)
    """
    letters = "".join(typed.split()).replace("-", "").lower()
    return letters if len(letters) == RECOVERY_LETTERS and letters.isascii() and letters.isalnum() else None


def _totp(key: bytes) -> TOTP:
    # SHA-1 is what every authenticator app knows; as an HMAC it is not broken.
    return TOTP(key, CODE_DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303


def _grouped(letters: str, *, separator: str) -> str:
    return separator.join(letters[start : start + RECOVERY_GROUP] for start in range(0, len(letters), RECOVERY_GROUP))
