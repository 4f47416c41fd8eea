"""
Keep short secrets in the database so that a copy of the database alone does not tell them (ADM-07).

The key comes from the deployment's secret key, which is in the environment or in a file of the data folder. Whoever
loses it has to set such secrets up anew.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hydria.kernel.errors import UnableTo


class UnableToDecipher(UnableTo):
    """The secret was written under another key."""


def encipher(secret: bytes, *, purpose: str) -> str:
    """Return a secret as text that only this deployment reads, and only for the same purpose."""
    return _cipher(purpose).encrypt(secret).decode()


def decipher(text: str, *, purpose: str) -> bytes:
    """
    Return the secret that `encipher` wrote.

    :raises UnableToDecipher: with code `key_changed` if it was written under another key or for another purpose.
    """
    try:
        return _cipher(purpose).decrypt(text.encode())
    except InvalidToken as error:
        raise UnableToDecipher("key_changed", "The secret was kept under another key of the deployment.") from error


def _cipher(purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
