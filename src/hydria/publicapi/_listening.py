"""Hear the news of the contexts and keep them, with a delivery for each webhook that wants them, in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from hydria.platform.events import EventKind
from hydria.platform.jobs import defer
from hydria.platform.outbox import News
from hydria.publicapi.domain.events import BULK_KINDS
from hydria.publicapi.models import Webhook

DELIVER_JOB = "publicapi.deliver"

_KEEP = """
    WITH told AS (
        INSERT INTO publicapi_event (kind, subject_id, data, actor, happened_at)
        SELECT kind, subject_id, data, %(actor)s, statement_timestamp() FROM ({select}) AS news
        RETURNING id, kind, subject_id
    ), sent AS (
        INSERT INTO publicapi_delivery (webhook_id, event_id, subject, state, attempt_count, due_at)
        SELECT webhook.id, told.id, split_part(told.kind, '.', 1) || ':' || told.subject_id, 'WAITING', 0,
               statement_timestamp()
        FROM told JOIN publicapi_webhook webhook ON webhook.is_active AND told.kind = ANY (webhook.kinds)
        RETURNING webhook_id
    )
    SELECT DISTINCT webhook_id FROM sent
"""
_GIVEN = """
    SELECT kind, subject_id, data::jsonb
    FROM unnest(%(kinds)s::text[], %(subject_ids)s::bigint[], %(data)s::text[])
        WITH ORDINALITY AS given(kind, subject_id, data, place) ORDER BY place
"""


class Listening:
    """The listener that the API registers."""

    def hear(self, *, actor_name: str, news: Sequence[News]) -> None:
        """Keep news as events, in order; those of bulk kinds only while a webhook wants them."""
        kept = [told for told in news if told.kind not in BULK_KINDS or is_wanted(told.kind)]
        if kept:
            given = {
                "actor": actor_name,
                "kinds": [told.kind.value for told in kept],
                "subject_ids": [told.subject_id for told in kept],
                "data": [json.dumps(told.data, cls=DjangoJSONEncoder) for told in kept],
            }
            _keep(_GIVEN, given)

    def hear_from_query(self, *, actor_name: str, kind: EventKind, select: str, parameters: Sequence[Any]) -> None:
        """Keep what a query lists as events, if a webhook wants them."""
        if not is_wanted(kind):
            return
        names = {f"given_{place}": value for place, value in enumerate(parameters)}
        for name in names:
            select = select.replace("%s", f"%({name})s", 1)
        rows = f"SELECT %(kind)s::text AS kind, subject_id, data FROM ({select}) AS listed"
        _keep(rows, {"actor": actor_name, "kind": kind.value, **names})


LISTENING = Listening()


def is_wanted(kind: EventKind) -> bool:
    """Tell whether a webhook wants events of a kind."""
    return Webhook.objects.filter(is_active=True, kinds__contains=[kind.value]).exists()


def wake(webhook_ids: Iterable[int]) -> None:
    """Have the webhooks served as soon as the transaction is committed."""
    for webhook_id in webhook_ids:
        # A process that dies in between loses nothing: the job of every minute finds what is due.
        transaction.on_commit(
            partial(defer, DELIVER_JOB, key=f"webhook:{webhook_id}", webhook_id=webhook_id), robust=True
        )


def _keep(select: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_KEEP.format(select=select), parameters)
        wake([webhook_id for (webhook_id,) in cursor.fetchall()])
