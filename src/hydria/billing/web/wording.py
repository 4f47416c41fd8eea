"""The sentences of billing: why an agreement is set aside, what a proof says, how a line came about."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hydria.billing._board import Stage
from hydria.billing.documents.telling import tell_line
from hydria.billing.domain.changes import Cause, Change
from hydria.billing.domain.proof import RunProof
from hydria.billing.queries import LineExplanation
from hydria.platform.web.formats import get_formats
from hydria.tariffs.documents.explaining import Story

REASONS: dict[str, str | Promise] = {
    "exclusion_in_force": gettext_lazy("Excluded from billing"),
    "already_billed": gettext_lazy("Billed for these days already"),
    "terms_missing": gettext_lazy("No terms are in force"),
    "holder_missing": gettext_lazy("Nobody holds the account"),
    "tariff_unpublished": gettext_lazy("The tariff is not published"),
    "consumption_missing": gettext_lazy("No consumption for the period"),
    "consumption_held": gettext_lazy("Consumption held for review"),
    "consumptions_several": gettext_lazy("Several consumptions in one period"),
    "input_missing": gettext_lazy("The tariff needs something that the register lacks"),
    "tariff_fault": gettext_lazy("The tariff cannot price it"),
    "amount_out_of_line": gettext_lazy("Amount far above its own history"),
    "concession_lost": gettext_lazy("Concession gone without a word"),
    "fund_exhausted": gettext_lazy("Nothing left of the fund"),
}

OWNERS: dict[str, str | Promise] = {
    "register": gettext_lazy("Register"),
    "readings": gettext_lazy("Readings"),
    "tariffs": gettext_lazy("Tariffs"),
    "billing": gettext_lazy("Billing"),
    "concessions": gettext_lazy("Concessions"),
}

STAGES: dict[Stage, str | Promise] = {
    Stage.READING: gettext_lazy("Readings"),
    Stage.PRICING: gettext_lazy("Being priced"),
    Stage.REVIEW: gettext_lazy("Review"),
    Stage.CONFIRMED: gettext_lazy("Confirmed"),
}

FAULTS: dict[str, str | Promise] = {
    "due_is_not_accounted_for": gettext_lazy("Some agreements are neither billed nor set aside."),
    "quantity_is_lost": gettext_lazy("The quantity billed is not the quantity read."),
    "invoices_differ_from_lines": gettext_lazy("Invoices and lines differ."),
    "fees_differ_from_quotations": gettext_lazy("Fees billed and fees accepted differ."),
    "items_differ_from_invoices": gettext_lazy("Receivable items and invoices differ."),
    "journal_differs_from_invoices": gettext_lazy("The journal and the invoices differ."),
    "second_engine_differs": gettext_lazy("The second engine finds other amounts."),
    "replay_differs": gettext_lazy("Working it out again finds other amounts."),
}


def explain_exception(code: str, data: Mapping[str, Any]) -> str:
    """Return what is particular about one exception; empty when its reason says everything."""
    match code:
        case "exclusion_in_force":
            return str(data.get("reason", ""))
        case "tariff_unpublished":
            return _("Tariff %(tariff)s") % {"tariff": data.get("tariff", "")}
        case "input_missing" if data.get("fault") == "unknown_value":
            words = {"name": data.get("input", ""), "value": data.get("value", "")}
            return _("The tariff does not know %(name)s “%(value)s”") % words
        case "input_missing":
            return _("Missing: %(name)s") % {"name": data.get("input", "")}
        case "concession_lost":
            day = get_formats().date(datetime.date.fromisoformat(str(data["until"])))
            return _("%(program)s, billed up to %(day)s; renew it or say why it ended") % {
                "program": data["program"],
                "day": day,
            }
        case "fund_exhausted":
            return _("Fund %(fund)s; raise its budget or end the concession") % {"fund": data["fund"]}
        case "tariff_fault":
            return str(data.get("fault", ""))
        case "amount_out_of_line":
            amount = get_formats().money(int(data.get("total_minor", 0)))
            days = max(int(data.get("usual_days", 1)), 1)
            usual = get_formats().money(int(data.get("usual_minor", 0)) * 30 // days)
            return _("%(amount)s; usual are %(usual)s in 30 days") % {"amount": amount, "usual": usual}
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """One line of the proof: what is compared, the figures, and whether they agree."""

    name: str
    left: str
    right: str
    holds: bool


def equations_of(proof: RunProof) -> list[Equation]:
    """Return the proof as equations in words and numbers."""
    formats = get_formats()

    def count(number: int) -> str:
        return str(formats.quantity(number * 1000))

    set_aside = {"billed": count(proof.billed), "excluded": count(proof.excluded), "parked": count(proof.parked)}
    explained = {
        "billed": formats.quantity(proof.quantity_billed),
        "explained": formats.quantity(proof.quantity_explained),
    }
    differ = _("%(checked)s checked, %(differences)s differ")
    rows = [
        (
            _("Agreements due"),
            count(proof.due),
            _("%(billed)s billed + %(excluded)s excluded + %(parked)s parked") % set_aside,
            "due_is_not_accounted_for",
        ),
        (
            _("Quantity read"),
            formats.quantity(proof.quantity_read),
            _("%(billed)s billed + %(explained)s set aside") % explained,
            "quantity_is_lost",
        ),
        (
            _("Lines"),
            formats.money(proof.lines_minor),
            formats.money(proof.invoices_minor),
            "invoices_differ_from_lines",
        ),
        (
            _("Of it fees"),
            formats.money(proof.fees_minor),
            formats.money(proof.fees_agreed_minor),
            "fees_differ_from_quotations",
        ),
        (
            _("Second engine"),
            "",
            differ
            % {"checked": count(proof.second_engine_checked), "differences": count(proof.second_engine_differences)},
            "second_engine_differs",
        ),
        (
            _("Worked out again"),
            "",
            differ % {"checked": count(proof.billed), "differences": count(proof.replay_differences)},
            "replay_differs",
        ),
    ]
    if proof.items_minor is not None and proof.journal_minor is not None:
        invoices = formats.money(proof.invoices_minor)
        rows[4:4] = [
            (_("Receivable items"), formats.money(proof.items_minor), invoices, "items_differ_from_invoices"),
            (_("Journal"), formats.money(proof.journal_minor), invoices, "journal_differs_from_invoices"),
        ]
    return [
        Equation(name=name, left=str(left), right=str(right), holds=fault not in proof.faults)
        for name, left, right, fault in rows
    ]


def funnel_of(proof: RunProof) -> dict[str, Any]:
    """Return the run from what was due to what was billed, as a picture."""
    stages = (
        (_("Agreements due"), proof.due),
        (_("Billed"), proof.billed),
        (_("Excluded"), proof.excluded),
        (_("Parked"), proof.parked),
    )
    return {"kind": "funnel", "columns": [{"label": label, "value": value} for label, value in stages]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One reason why an invoice differs from the one before."""

    sentence: str
    amount_minor: int


def change_rows(changes: tuple[Change, ...]) -> list[ChangeRow]:
    """Return the reasons in words."""
    sentences = {
        Cause.QUANTITY: _("Other use"),
        Cause.DAYS: _("Other number of days"),
        Cause.PRICES: _("Other prices"),
        Cause.CIRCUMSTANCES: _("Other circumstances: units, category, exemptions"),
        Cause.FEES: _("Fees on one of the two invoices only"),
        Cause.OTHER_SERVICES: _("Services on one of the two invoices only"),
    }
    return [ChangeRow(sentence=sentences[change.cause], amount_minor=change.amount_minor) for change in changes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationCard:
    """A line's story with the tariff that it was priced by."""

    story: Story
    amount_minor: int
    tariff: str
    version_hash: str


def explanation_card(line: LineExplanation) -> ExplanationCard:
    """Return how a line came about, in the words of the reader."""
    return ExplanationCard(
        story=tell_line(line, formats=get_formats()),
        amount_minor=line.amount_minor,
        tariff=f"{line.tariff_code} · {line.tariff_sequence}",
        version_hash=line.version_hash[:12],
    )
