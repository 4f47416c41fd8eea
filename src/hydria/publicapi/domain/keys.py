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
    Permission.CONCESSION_VIEW,
    Permission.CONCESSION_GRANT,
    Permission.TARIFF_VIEW,
    Permission.FEE_QUOTE,
    Permission.FEE_CANCEL,
    Permission.BILLING_VIEW,
    Permission.RECEIVABLE_VIEW,
    Permission.PAYMENT_VIEW,
    Permission.PAYMENT_TAKE,
    Permission.PAYMENT_REVERSE,
)
"""A scope is a permission of the product; these are the ones that the API has a use for."""

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
        """
        Return what is kept of the secret.

        A plain hash is enough: 256 random bits cannot be guessed, so slowing the guesses down protects nothing.
        """
        return hashlib.sha256(self.secret.encode()).hexdigest()

    @classmethod
    def new(cls) -> Token:
        """Make a token that nobody has seen."""
        return cls(prefix=secrets.token_hex(6), secret=secrets.token_urlsafe(32))

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
