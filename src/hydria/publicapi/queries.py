"""Reads of the API's own tables."""

from __future__ import annotations

import hmac

from django.db.models import QuerySet

from hydria.platform.access import Actor, Permission
from hydria.publicapi.domain.keys import Token
from hydria.publicapi.models import ApiKey


def find_key(*, token: Token) -> ApiKey | None:
    """Return the key that a token opens, revoked and expired ones included; None when the secret is wrong."""
    key = ApiKey.objects.filter(prefix=token.prefix).first()
    if key is None or not hmac.compare_digest(key.secret_hash, token.secret_hash):
        return None
    return key


def list_keys(*, actor: Actor) -> QuerySet[ApiKey]:
    """
    Return the keys by name.

    :raises UnableToPermit: if the actor may not manage keys.
    """
    actor.require(Permission.API_MANAGE)
    return ApiKey.objects.order_by("name", "id")
