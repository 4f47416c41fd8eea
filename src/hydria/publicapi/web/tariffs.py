"""Tariffs: what is in force, every version with its text and history, checking a text, pricing an account (TAR-12)."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Permission
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Id, StoryOut
from hydria.publicapi.web.security import actor_of
from hydria.tariffs import queries
from hydria.tariffs.documents.findings import finding_cards
from hydria.tariffs.domain.cases import run_cases
from hydria.tariffs.domain.compile import try_compile
from hydria.tariffs.web.trying import TryCard, try_account

router = Router(tags=["tariffs"])
VIEW = {"x-scope": Permission.TARIFF_VIEW}
TEXT_LENGTH_MAX = 1_000_000


class TariffVersionOut(Schema):
    """A version: where it stands, and which days it prices; `until_date` is the first day that it no longer does."""

    id: int
    code: str = Field(examples=["agua_urbana"])
    title: str
    sequence: int
    state: str = Field(examples=["PUBLISHED"])
    from_date: datetime.date | None
    until_date: datetime.date | None
    version_hash: str = Field(description="SHA-256 of what the text says; empty until it has been checked")


class TariffEventOut(Schema):
    """What was done to a version: by whom, when, why."""

    act: str = Field(examples=["APPROVED"])
    actor: str
    happened_at: datetime.datetime
    reason: str
    text_hash: str


class TariffVersionDetailOut(TariffVersionOut):
    """A version with its text and its history, newest first."""

    text: str
    events: list[TariffEventOut]


class TariffTextIn(Schema):
    """A tariff text."""

    text: Annotated[str, Field(max_length=TEXT_LENGTH_MAX, examples=["tariff: village\ncurrency: DOP\n"])]


class FindingOut(Schema):
    """One thing wrong with a text; `severity` is BLOCK or WARN."""

    line: int
    severity: str
    code: str
    what: str
    cure: str


class FailedCaseOut(Schema):
    """A worked bill that does not come out."""

    case: str
    line: int
    engine: str
    what: str
    expected: str | None
    got: str | None


class CheckOut(Schema):
    """What checking found; `is_right` when the text prices and all of its cases come out in both engines."""

    is_right: bool
    version_hash: str
    case_count: int
    findings: list[FindingOut]
    failed_cases: list[FailedCaseOut]


class PricedAccountIn(Schema):
    """An account to price: the tariff's inputs by name, and the days supplied, if prices of their days are wanted."""

    inputs: Annotated[
        dict[str, Annotated[str, Field(max_length=60)]], Field(max_length=100, examples=[{"usage": "17"}])
    ]
    start_date: datetime.date | None = None
    end_date: datetime.date | None = Field(default=None, description="The day after the last one")


class PricedOut(Schema):
    """The invoice of an account, every line with its story; nothing is billed."""

    total: str
    lines: list[StoryOut]


class UnableToPriceAccount(UnableTo):
    """The account cannot be priced by this version."""


@router.get("/tariffs", response={200: list[TariffVersionOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_tariffs(request: HttpRequest) -> Any:
    """List the tariffs by the version in force today and those to come; withdrawn and past ones are left out."""
    tariffs = queries.list_tariffs(actor=actor_of(request), today=timezone.localdate())
    return [row for tariff in tariffs for row in (tariff.in_force, *tariff.others) if row is not None]


@router.get(
    "/tariff-versions/{version_id}", response={200: TariffVersionDetailOut, STATUSES: Problem}, openapi_extra=VIEW
)
def show_tariff_version(request: HttpRequest, version_id: Id) -> Any:
    """Show a version with its text and its history."""
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)
    named = {name: getattr(page.row, name) for name in TariffVersionOut.model_fields}
    return {**named, "text": page.text, "events": page.events}


@router.post("/tariffs/check", response={200: CheckOut, STATUSES: Problem}, openapi_extra=VIEW)
def check_tariff_text(request: HttpRequest, idempotency_key: IdempotencyKey, body: TariffTextIn) -> HttpResponse:
    """Check a text: everything that is wrong with it, and its cases in both engines; nothing is kept."""
    actor_of(request).require(Permission.TARIFF_VIEW)
    return answer_once(request, key=idempotency_key, act=lambda: _checked(body.text), status=200)


def _checked(text: str) -> CheckOut:
    tariff, issues = try_compile(text, name="tariff")
    case_count, differences = run_cases(tariff) if tariff is not None else (0, [])
    return CheckOut(
        is_right=tariff is not None and not differences,
        version_hash=tariff.version_hash if tariff is not None else "",
        case_count=case_count,
        findings=[FindingOut.from_orm(card) for card in finding_cards(issues)],
        failed_cases=[
            FailedCaseOut(
                case=found.case,
                line=found.line,
                engine=found.engine,
                what=found.what,
                expected=None if found.expected is None else str(found.expected),
                got=None if found.got is None else str(found.got),
            )
            for found in differences
        ],
    )


@router.post("/tariff-versions/{version_id}/price", response={200: PricedOut, STATUSES: Problem}, openapi_extra=VIEW)
def price_account(
    request: HttpRequest, version_id: Id, idempotency_key: IdempotencyKey, body: PricedAccountIn
) -> HttpResponse:
    """Price an account by a version as an invoice would, with every line explained; nothing is billed."""
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)

    def act() -> PricedOut:
        priced = _priced(page, body)
        return PricedOut(total=priced.total, lines=[StoryOut.from_orm(line) for line in priced.lines])

    return answer_once(request, key=idempotency_key, act=act, status=200)


def _priced(page: queries.VersionPage, asked: PricedAccountIn) -> TryCard:
    """
    Price an account.

    :raises UnableToPriceAccount: with code `text_wrong` or `account_unpriceable`.
    """
    if page.compiled is None:
        raise UnableToPriceAccount("text_wrong", _("This text cannot price yet."))
    card = try_account(page.compiled, account=asked.inputs, start_date=asked.start_date, end_date=asked.end_date)
    if card.fault:
        raise UnableToPriceAccount("account_unpriceable", card.fault)
    return card
