"""Try a text: price one account with every line explained, draw the picture, compare the engines on invented ones."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.kernel.money import Currency
from hydria.platform.documents.formats import Formats
from hydria.platform.web.formats import get_formats
from hydria.tariffs.documents.explaining import Story, explain_line
from hydria.tariffs.documents.findings import CaseCard, FindingCard, case_cards, fault_text, finding_cards
from hydria.tariffs.domain.cases import run_cases
from hydria.tariffs.domain.compile import CompiledTariff, try_compile
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.picture import USAGE, draw, standard_account
from hydria.tariffs.domain.rating import RatedBatch, rate
from hydria.tariffs.domain.trial import try_engines
from hydria.tariffs.queries import ROUNDING_LABEL, ChargeCard, charges_of
from hydria.tariffs.web.drawing import PictureCard, picture_card

RANDOM_ACCOUNTS = 100
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TryCard:
    """
    An account priced: its lines with their stories, and the total.

    fault  why it cannot be priced; then there are no lines
    """

    lines: tuple[Story, ...]
    total: str
    days: int | None
    fault: str


def reader_language() -> str:
    """Return the language of the screen in two letters."""
    return (get_language() or "en").split("-")[0]


def names_of(charges: tuple[ChargeCard, ...]) -> dict[str, str]:
    """Return what the reader calls each charge."""
    return {charge.label: charge.name_in(reader_language()) for charge in charges}


def try_account(
    tariff: CompiledTariff,
    *,
    account: Mapping[str, str],
    start_date: datetime.date | None = None,
    end_date: datetime.date | None = None,
) -> TryCard:
    """Price one account as an invoice would, and tell how each line came about."""
    starts = None if start_date is None else [start_date]
    ends = None if end_date is None else [end_date]
    batch = rate(
        tariff,
        inputs={name: [account.get(name)] for name in (entry.name for entry in tariff.inputs)},
        period_start=starts,
        period_end=ends,
    )
    days = (end_date - start_date).days if start_date and end_date else None
    fault = batch.fault_of(0)
    if fault is not None:
        return TryCard(lines=(), total="", days=days, fault=fault_text(fault))
    formats = _formats(tariff)
    lines = _stories(batch, days=days or 0, formats=formats)
    return TryCard(lines=tuple(lines), total=formats.money(int(batch.total_minor[0])), days=days, fault="")


def _stories(batch: RatedBatch, *, days: int, formats: Formats) -> list[Story]:
    charges = charges_of(batch.tariff)
    names = names_of(charges)
    stories = []
    for place, line in enumerate(batch.lines):
        if line.charge.is_memo or not line.applies[0]:
            continue
        told = json.loads(batch.explanations(place, np.array([0], dtype=np.intp))[0])
        stories.append(
            explain_line(
                told,
                name=charges[place].name_in(reader_language()),
                amount_minor=int(line.amount_minor[0]),
                total_days=days,
                law=charges[place].source or batch.tariff.form.source,
                names_by_label=names,
                formats=formats,
            )
        )
    rounding_minor = int(batch.rounding_minor[0])
    if rounding_minor:
        stories.append(
            explain_line(
                {},
                name=names[ROUNDING_LABEL],
                amount_minor=rounding_minor,
                total_days=days,
                law="",
                names_by_label=names,
                formats=formats,
            )
        )
    return stories


def _formats(tariff: CompiledTariff) -> Formats:
    """Return the reader's formats with the tariff's own currency, which need not be the company's."""
    return Formats.of(str(get_formats().locale), Currency.of(tariff.form.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCard:
    """A picture, or why there is none."""

    picture: PictureCard | None
    reason: str


def draw_account(
    tariff: CompiledTariff,
    *,
    account: Mapping[str, str] | None = None,
    as_of: datetime.date | None = None,
) -> DrawnCard:
    """Draw what an account pays at every consumption; without one, somebody ordinary."""
    usage = Fraction(account[USAGE]) if account and account.get(USAGE) else None
    found = draw(tariff, account=account or standard_account(tariff), as_of=as_of, reach=usage or Fraction(0))
    if found is None:
        return DrawnCard(picture=None, reason=_("Nothing in this tariff depends on the consumption."))
    if isinstance(found, Fault):
        return DrawnCard(picture=None, reason=fault_text(found))
    card = picture_card(
        found,
        names=names_of(charges_of(tariff)),
        unit=tariff.form.unit,
        currency=tariff.form.currency,
        usage=float(usage) if usage is not None else None,
    )
    return DrawnCard(picture=card, reason="")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCard:
    """
    What checking a text found.

    tariff  None where the text cannot price
    cases   the worked bills that do not come out
    """

    findings: tuple[FindingCard, ...]
    is_right: bool
    case_count: int
    cases: tuple[CaseCard, ...]
    drawn: DrawnCard | None


def check_text(text: str, *, name: str) -> CheckCard:
    """Read a text as its author types: all findings, its cases in both engines, and its picture."""
    tariff, issues = try_compile(text, name=name)
    findings = finding_cards(issues)
    if tariff is None:
        return CheckCard(findings=findings, is_right=False, case_count=0, cases=(), drawn=None)
    case_count, differences = run_cases(tariff)
    return CheckCard(
        findings=findings,
        is_right=not differences,
        case_count=case_count,
        cases=case_cards(differences, currency=tariff.form.currency),
        drawn=draw_account(tariff),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedRow:
    """One invented account as shown: its inputs, its days and its total."""

    inputs: str
    days: str
    total: str
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedCard:
    """How the engines compare on invented accounts; of the rows, those that differ come first."""

    count: int
    agreeing_count: int
    unpriced_count: int
    rows: tuple[InventedRow, ...]
    seed: int


def compare_engines(tariff: CompiledTariff, *, seed: int) -> InventedCard:
    """Price invented accounts in both engines."""
    trials = try_engines(tariff, count=RANDOM_ACCOUNTS, seed=seed)
    formats = _formats(tariff)
    rows = []
    for trial in sorted(trials, key=lambda trial: trial.agrees)[:_SHOWN]:
        account = trial.account
        assert account.start_date is not None
        assert account.end_date is not None
        rows.append(
            InventedRow(
                inputs=", ".join(f"{name} {text}" for name, text in account.inputs.items()),
                days=f"{formats.date(account.start_date)} – {formats.date(account.end_date)}",
                total=fault_text(trial.bill)
                if isinstance(trial.bill, Fault)
                else formats.money(round(trial.bill.total * formats.currency.minor_per_major)),
                agrees=trial.agrees,
            )
        )
    return InventedCard(
        count=len(trials),
        agreeing_count=sum(trial.agrees for trial in trials),
        unpriced_count=sum(isinstance(trial.bill, Fault) for trial in trials),
        rows=tuple(rows),
        seed=seed,
    )
