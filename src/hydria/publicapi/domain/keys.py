"""API keys: how they are made, read and recognized, and what they can be allowed to do."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from hydria.platform.access import Permission

SCOPES = (
    Permission.REGISTER_VIEW,
    Permission.REGISTER_EDIT,
    Permission.AGREEMENT_EDIT,
    Permission.READING_VIEW,
    Permission.READING_RECORD,
    Permission.READING_DECIDE,
    Permission.CONCESSION_VIEW,
    Permission.CONCESSION_GRANT,
    Permission.TARIFF_VIEW,
    Permission.TARIFF_EDIT,
    Permission.TARIFF_APPROVE,
    Permission.TARIFF_PUBLISH,
    Permission.FEE_QUOTE,
    Permission.FEE_CANCEL,
    Permission.BILLING_VIEW,
    Permission.BILLING_RUN,
    Permission.BILLING_CONFIRM,
    Permission.RECEIVABLE_VIEW,
    Permission.PAYMENT_VIEW,
    Permission.PAYMENT_TAKE,
    Permission.PAYMENT_REVERSE,
    Permission.LEDGER_VIEW,
    Permission.LEDGER_POST,
    Permission.LEDGER_CLOSE,
    Permission.AUDIT_VIEW,
    Permission.USER_MANAGE,
    Permission.JOB_VIEW,
    Permission.JOB_MANAGE,
    Permission.API_MANAGE,
)
"""A scope is a permission of the product; these are the ones that the API has a use for."""

TOKEN_LASTS_SECONDS = 900
"""How long an access token opens; a program asks for the next one before."""

_ACCESS = re.compile(r"hyt_[0-9A-Za-z_-]{43}")
_TOKEN = re.compile(r"hyd_([0-9a-f]{12})_([0-9A-Za-z_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """
    Hold what a program sends to be let in.

    prefix  12 hex digits, shown in lists so that people can tell keys apart
    secret  256 random bits; whoever has it is the program
    """

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"hyd_{self.prefix}_{self.secret}"

    @property
    def secret_hash(self) -> str:
        """Return what is kept of the secret."""
        return hash_secret(self.secret)

    @classmethod
    def new(cls, *, prefix: str = "") -> Token:
        """Make a token that nobody has seen; with a prefix, the next one of the key that has it."""
        return cls(prefix=prefix or secrets.token_hex(6), secret=secrets.token_urlsafe(32))

    @classmethod
    def read(cls, text: str) -> Token | None:
        """
        Read a token as sent, or return None when it is none.

        >>> token = Token.new()
        >>> Token.read(str(token)) == token, Token.read("hyd_short")
        (True, None)
        """
        found = _TOKEN.fullmatch(text.strip())
        return cls(prefix=found[1], secret=found[2]) if found else None


def new_access_token() -> str:
    """Make an access token that nobody has seen."""
    return f"hyt_{secrets.token_urlsafe(32)}"


def is_access_token(text: str) -> bool:
    """Tell an access token from a key."""
    return _ACCESS.fullmatch(text) is not None


def hash_secret(secret: str) -> str:
    """
    Return what is kept of a secret.

    A plain hash is enough: 256 random bits cannot be guessed, so slowing the guesses down protects nothing.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
