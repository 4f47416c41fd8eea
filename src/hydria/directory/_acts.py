"""
Do one act on one row, and take it back.

Each act is made of the operation that a single row has on the desk, so rules, permissions, audit and refusals are the
same. An act returns what taking it back needs, or None where the row is so already; a refusal is raised as ever.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hydria.agreements import operations as agreements
from hydria.agreements.searching import AgreedNow, list_in_force
from hydria.customers import operations as customers
from hydria.customers import queries as customers_queries
from hydria.customers.domain.procedures import MarkerKind
from hydria.customers.queries import About
from hydria.directory.domain.acts import ActKind, Subject
from hydria.directory.models import Selection, SelectionMember
from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor
from hydria.premises import operations as premises
from hydria.premises import queries as premises_queries

Detail = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One row of an act.

    arguments  what the act is to do, as the form took it: plain values, days as ISO 8601
    """

    actor: Actor
    subject: Subject
    object_id: int
    arguments: Mapping[str, Any]
    reason: str
    not_in_force: Callable[[], UnableTo]

    def day(self, name: str) -> datetime.date | None:
        """Return an argument that is a day."""
        given = self.arguments.get(name)
        return datetime.date.fromisoformat(given) if given else None

    @property
    def from_date(self) -> datetime.date:
        """Return the day from which the act counts."""
        return datetime.date.fromisoformat(self.arguments["from_date"])

    @property
    def about(self) -> About:
        """Return the row as what alerts are about."""
        if self.subject is Subject.PARTY:
            return About(party_id=self.object_id)
        return About(account_id=self.object_id)

    def in_force(self) -> list[AgreedNow]:
        """Return what is in force for the row on the day of the act; nothing at all is refused."""
        key = "service_point_id" if self.subject is Subject.SERVICE_POINT else "account_id"
        found = list_in_force(on_date=self.from_date, **{key: self.object_id})
        if not found:
            raise self.not_in_force()
        return found


def do(kind: ActKind, row: Row) -> Detail | None:
    """Do an act on a row; return what taking it back needs, None where there was nothing to do."""
    return _DO[kind](row)


def undo(kind: ActKind, row: Row, detail: Detail) -> Detail | None:
    """Take an act on a row back; return what doing it again would need."""
    _UNDO[kind](row, detail)
    return detail


def _raise_alert(row: Row) -> Detail | None:
    kind = MarkerKind(row.arguments["marker"])
    if customers_queries.find_marker(about=row.about, kind=kind, on_date=row.from_date):
        return None
    marker = customers.raise_marker(
        actor=row.actor,
        about=row.about,
        kind=kind,
        reason=row.reason,
        from_date=row.from_date,
        until_date=row.day("until_date"),
    )
    return {"marker_id": marker.pk}


def _undo_raise_alert(row: Row, detail: Detail) -> None:
    customers.lift_marker(actor=row.actor, marker_id=detail["marker_id"], end_date=row.from_date, reason=row.reason)


def _lift_alert(row: Row) -> Detail | None:
    kind = MarkerKind(row.arguments["marker"])
    found = customers_queries.find_marker(about=row.about, kind=kind, on_date=row.from_date)
    if found is None:
        return None
    customers.lift_marker(actor=row.actor, marker_id=found.marker_id, end_date=row.from_date, reason=row.reason)
    return {"reason": found.reason}


def _undo_lift_alert(row: Row, detail: Detail) -> None:
    customers.raise_marker(
        actor=row.actor,
        about=row.about,
        kind=MarkerKind(row.arguments["marker"]),
        reason=detail["reason"],
        from_date=row.from_date,
    )


def _exclude(row: Row) -> Detail | None:
    billed = [agreed for agreed in row.in_force() if not agreed.exclusion_reason]
    for agreed in billed:
        agreements.exclude_from_billing(
            actor=row.actor,
            agreement_id=agreed.agreement_id,
            reason=row.reason,
            from_date=row.from_date,
            until_date=row.day("until_date"),
            review_date=row.day("review_date"),
        )
    return {"agreements": [agreed.agreement_id for agreed in billed]} if billed else None


def _undo_exclude(row: Row, detail: Detail) -> None:
    for agreement_id in detail["agreements"]:
        agreements.include_in_billing(
            actor=row.actor, agreement_id=agreement_id, from_date=row.from_date, reason=row.reason
        )


def _include(row: Row) -> Detail | None:
    excluded = [agreed for agreed in row.in_force() if agreed.exclusion_reason]
    for agreed in excluded:
        agreements.include_in_billing(
            actor=row.actor, agreement_id=agreed.agreement_id, from_date=row.from_date, reason=row.reason
        )
    before = [
        {
            "agreement_id": agreed.agreement_id,
            "reason": agreed.exclusion_reason,
            "until_date": agreed.exclusion_end_date and agreed.exclusion_end_date.isoformat(),
        }
        for agreed in excluded
    ]
    return {"before": before} if before else None


def _undo_include(row: Row, detail: Detail) -> None:
    for before in detail["before"]:
        until = before["until_date"]
        agreements.exclude_from_billing(
            actor=row.actor,
            agreement_id=before["agreement_id"],
            reason=before["reason"],
            from_date=row.from_date,
            until_date=datetime.date.fromisoformat(until) if until else None,
        )


def _change_terms(row: Row) -> Detail | None:
    before = []
    for agreed in row.in_force():
        wanted = {
            "tariff_code": row.arguments.get("tariff_code") or agreed.tariff_code,
            "category_code": row.arguments.get("category_code") or agreed.category_code,
        }
        had = {"tariff_code": agreed.tariff_code, "category_code": agreed.category_code}
        if wanted == had:
            continue
        terms = {"from_date": row.from_date, "inputs": agreed.inputs, "reason": row.reason}
        agreements.change_terms(actor=row.actor, agreement_id=agreed.agreement_id, **terms, **wanted)
        before.append({"agreement_id": agreed.agreement_id, "inputs": agreed.inputs, **had})
    return {"before": before} if before else None


def _undo_change_terms(row: Row, detail: Detail) -> None:
    for before in detail["before"]:
        agreements.change_terms(actor=row.actor, from_date=row.from_date, reason=row.reason, **before)


def _change_route(row: Row) -> Detail | None:
    points = [row.object_id]
    if row.subject is Subject.ACCOUNT:
        points = [agreed.service_point_id for agreed in row.in_force()]
    before = []
    for point_id in points:
        route_code, route_sequence = premises_queries.get_route_place(service_point_id=point_id)
        if route_code == row.arguments["route_code"]:
            continue
        premises.change_route(
            actor=row.actor, service_point_id=point_id, route_code=row.arguments["route_code"], reason=row.reason
        )
        before.append({"service_point_id": point_id, "route_code": route_code, "route_sequence": route_sequence})
    return {"before": before} if before else None


def _undo_change_route(row: Row, detail: Detail) -> None:
    for before in detail["before"]:
        premises.change_route(actor=row.actor, reason=row.reason, **before)


def _add_to_selection(row: Row) -> Detail | None:
    selection = Selection.objects.select_for_update().get(pk=row.arguments["selection_id"])
    _member, is_new = SelectionMember.objects.get_or_create(selection=selection, object_id=row.object_id)
    if not is_new:
        return None
    selection.member_count = (selection.member_count or 0) + 1
    selection.save(update_fields=["member_count"])
    return {"selection_id": selection.pk}


def _undo_add_to_selection(row: Row, detail: Detail) -> None:
    selection = Selection.objects.select_for_update().get(pk=detail["selection_id"])
    gone, _by_model = SelectionMember.objects.filter(selection=selection, object_id=row.object_id).delete()
    selection.member_count = (selection.member_count or 0) - gone
    selection.save(update_fields=["member_count"])


_DO: dict[ActKind, Callable[[Row], Detail | None]] = {
    ActKind.RAISE_ALERT: _raise_alert,
    ActKind.LIFT_ALERT: _lift_alert,
    ActKind.EXCLUDE: _exclude,
    ActKind.INCLUDE: _include,
    ActKind.CHANGE_TERMS: _change_terms,
    ActKind.CHANGE_ROUTE: _change_route,
    ActKind.ADD_TO_SELECTION: _add_to_selection,
}
_UNDO: dict[ActKind, Callable[[Row, Detail], None]] = {
    ActKind.RAISE_ALERT: _undo_raise_alert,
    ActKind.LIFT_ALERT: _undo_lift_alert,
    ActKind.EXCLUDE: _undo_exclude,
    ActKind.INCLUDE: _undo_include,
    ActKind.CHANGE_TERMS: _undo_change_terms,
    ActKind.CHANGE_ROUTE: _undo_change_route,
    ActKind.ADD_TO_SELECTION: _undo_add_to_selection,
}
