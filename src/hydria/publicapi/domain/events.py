"""What webhooks tell: which permission each kind of event takes, where its object is found, how a message is signed."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydria.platform.access import Permission
from hydria.platform.events import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKind:
    """An object that events are about: who may hear of it, and its address in the API, `{}` standing for its id."""

    permission: Permission
    path: str = ""


OBJECTS = {
    "party": ObjectKind(permission=Permission.REGISTER_VIEW, path="/parties/{}"),
    "account": ObjectKind(permission=Permission.REGISTER_VIEW, path="/accounts/{}"),
    "agreement": ObjectKind(permission=Permission.REGISTER_VIEW, path="/agreements/{}"),
    "concession": ObjectKind(permission=Permission.CONCESSION_VIEW),
    "meter": ObjectKind(permission=Permission.READING_VIEW, path="/meters/{}"),
    "reading": ObjectKind(permission=Permission.READING_VIEW),
    "billing_run": ObjectKind(permission=Permission.BILLING_VIEW, path="/billing-runs/{}"),
    "invoice": ObjectKind(permission=Permission.BILLING_VIEW, path="/invoices/{}"),
    "payment": ObjectKind(permission=Permission.PAYMENT_VIEW, path="/payments/{}"),
    "tariff_version": ObjectKind(permission=Permission.TARIFF_VIEW, path="/tariff-versions/{}"),
    "job": ObjectKind(permission=Permission.JOB_VIEW, path="/jobs/{}"),
    "webhook": ObjectKind(permission=Permission.API_MANAGE, path="/webhooks/{}"),
}
TEST_KIND = "webhook.tested"
"""What is sent to see whether a webhook listens; nobody subscribes to it."""
BULK_KINDS = (EventKind.INVOICE_CONFIRMED, EventKind.READING_RECORDED)
"""Kinds that come by the hundred thousand: kept only while somebody wants them."""

BACKOFF = tuple(
    datetime.timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000)
)
"""How long to wait after each failed attempt; after the last one a delivery is given up (about two days)."""

SECRET_PREFIX = "whsec_"  # noqa: S105  # what a secret begins with, after Standard Webhooks


def subject_of(kind: str, subject_id: int) -> str:
    """
    Return the name under which the events of one object keep their order.

    >>> subject_of("payment.taken", 12)
    'payment:12'
    """
    return f"{kind.partition('.')[0]}:{subject_id}"


def permission_of(kind: str) -> Permission:
    """Return what somebody must be allowed to see to be told of such events."""
    return OBJECTS[kind.partition(".")[0]].permission


def path_of(kind: str, subject_id: int) -> str:
    """
    Return where the API shows the object of an event, below its root, or "" where it shows none.

    >>> path_of(EventKind.PAYMENT_TAKEN, 12)
    '/payments/12'
    """
    return OBJECTS[kind.partition(".")[0]].path.format(subject_id)


def wait_after(attempt_count: int) -> datetime.timedelta | None:
    """
    Return how long to wait after so many failed attempts, or None to give up.

    >>> wait_after(1), wait_after(10)
    (datetime.timedelta(seconds=5), None)
    """
    return BACKOFF[attempt_count - 1] if attempt_count <= len(BACKOFF) else None


def derive_secret(*, server_key: str, salt: str) -> str:
    """
    Return the secret of a webhook.

    It is made from the server's own key and a random salt, so that the database alone, or a backup of it, signs
    nothing; whoever changes the server's key changes the secrets.
    """
    digest = hmac.digest(server_key.encode(), b"hydria webhook:" + salt.encode(), hashlib.sha256)
    return SECRET_PREFIX + base64.b64encode(digest).decode()


def write_body(
    *, kind: str, happened_at: datetime.datetime, subject_id: int, path: str, data: Mapping[str, Any]
) -> str:
    """
    Return the message of an event as it is signed and sent.

    >>> at = datetime.datetime(2026, 11, 3, 9, 30, tzinfo=datetime.UTC)
    >>> write_body(kind="payment.taken", happened_at=at, subject_id=12, path="/payments/12", data={"amount_minor": 5})
    '{"type":"payment.taken","timestamp":"2026-11-03T09:30:00+00:00","data":{"id":12,"path":"/payments/12","amount_minor":5}}'
    """
    told = {"id": subject_id, **({"path": path} if path else {}), **data}
    message = {"type": kind, "timestamp": happened_at.isoformat(), "data": told}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def sign(*, secrets: Sequence[str], message_id: str, sent_at: int, body: str) -> str:
    """
    Return the `webhook-signature` header: one signature for each secret that counts, after Standard Webhooks.

    sent_at  seconds since 1970, as in the header `webhook-timestamp`; receivers refuse what is old
    """
    signed = f"{message_id}.{sent_at}.{body}".encode()
    keys = [base64.b64decode(secret.removeprefix(SECRET_PREFIX)) for secret in secrets]
    digests = [hmac.digest(key, signed, hashlib.sha256) for key in keys]
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
