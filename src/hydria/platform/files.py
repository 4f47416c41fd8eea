"""Keep files by the hash of their content: the same content is kept once, and nobody can change it unnoticed."""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from hydria.kernel.errors import UnableTo
from hydria.platform.models import StoredFile


class UnableToReadFile(UnableTo):
    """The content of a kept file is gone or no longer what it was."""


def store_file(*, content: bytes, name: str, media_type: str) -> StoredFile:
    """Keep a content under its hash; storing it again returns what is there."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = _path(sha256)
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(content))
    stored, _created = StoredFile.objects.get_or_create(
        sha256=sha256, defaults={"name": name[:255], "media_type": media_type, "size_bytes": len(content)}
    )
    return stored


def read_file(stored: StoredFile) -> bytes:
    """
    Return the content of a kept file.

    :raises UnableToReadFile: with code `file_missing` or `file_changed`.
    """
    path = _path(stored.sha256)
    if not default_storage.exists(path):
        raise UnableToReadFile("file_missing", f"The content of {stored.name} is gone.", sha256=stored.sha256)
    with default_storage.open(path) as stream:
        content: bytes = stream.read()
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise UnableToReadFile("file_changed", f"The content of {stored.name} was changed.", sha256=stored.sha256)
    return content


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
