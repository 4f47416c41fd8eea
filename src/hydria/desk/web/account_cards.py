"""The account page in words: alerts, why an invoice changed, what happened when, the consumption chart."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.customers.domain.procedures import MarkerKind
from hydria.customers.queries import MARKER_LABELS
from hydria.desk._account_page import HELD, MEASURED, AccountPage, Alert, InvoiceEntry
from hydria.desk.domain.changes import Cause, Change
from hydria.platform.access import Actor, Permission
from hydria.platform.web.formats import get_formats
from hydria.platform.web.timeline import TimelineEvent

EVENTS_SHOWN = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCard:
    """An alert in words; one that a person raised can be lifted."""

    tone: str
    text: str
    lift_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCard:
    """An invoice in one line, with the sentence that says why it changed."""

    code: str
    href: str
    issued: str
    due: str
    period: str
    quantity: str
    is_estimated: bool
    total_minor: int
    why: str


def alert_cards(page: AccountPage) -> list[AlertCard]:
    """Return the alerts of an account in words, the gravest first."""
    overdue = get_formats().money(page.balance.overdue_minor) if page.balance else ""
    oldest = get_formats().date(page.balance.oldest_due_date) if page.balance and page.balance.oldest_due_date else ""
    words = {
        Alert.CLOSED: ("idle", _("This account is closed.")),
        Alert.OVERDUE: (
            "bad",
            _("%(amount)s is overdue, the oldest since %(day)s.") % {"amount": overdue, "day": oldest},
        ),
        Alert.CONCESSION_LOST: (
            "bad",
            _("A concession is gone and nobody has said why; billing waits for a word."),
        ),
        Alert.HELD_READING: ("wait", _("A reading is held for review; it is billed when somebody has decided.")),
        Alert.NO_ACTIVE_AGREEMENT: ("wait", _("No agreement is active.")),
        Alert.SUSPENDED: ("wait", _("The supply is suspended.")),
        Alert.EXCLUDED: ("wait", _("Excluded from billing.")),
        Alert.DOCUMENTS_MISSING: (
            "wait",
            _("Still to be handed in: %(documents)s.") % {"documents": ", ".join(page.documents_missing)},
        ),
        Alert.PROTECTED: ("busy", _("Protected customer: never cut off.")),
        Alert.NOT_DISCONNECTABLE: ("busy", _("This service may not be disconnected.")),
    }
    raised = [
        AlertCard(
            tone="busy" if marker.kind is MarkerKind.PROTECTED else "bad",
            text=f"{MARKER_LABELS[marker.kind]}: {marker.reason}",
            lift_href=reverse("alert_lift", args=[page.account.account_id, marker.marker_id]),
        )
        for marker in page.dossier.markers
    ]
    return raised + [AlertCard(tone=words[alert][0], text=words[alert][1]) for alert in page.alerts]


def invoice_cards(page: AccountPage, *, unit: str) -> list[InvoiceCard]:
    """Return the last invoices, each with why it differs from the one before."""
    formats = get_formats()
    return [
        InvoiceCard(
            code=entry.invoice.code,
            href=reverse("invoice", args=[entry.invoice.invoice_id]),
            issued=formats.date(entry.invoice.issue_date),
            due=formats.date(entry.invoice.due_date),
            period=_spell_period(entry.invoice.start_date, entry.invoice.end_date),
            quantity=formats.quantity(entry.invoice.quantity_milli, unit) if entry.invoice.days else "",
            is_estimated=entry.is_estimated,
            total_minor=entry.invoice.total_minor,
            why=why_it_changed(entry, unit=unit),
        )
        for entry in page.invoices or ()
    ]


def why_it_changed(entry: InvoiceEntry, *, unit: str) -> str:
    """Return the sentence that an agent reads out when a customer asks about the amount."""
    change, formats = entry.change, get_formats()
    if change is None:
        return _("A credit note.") if entry.invoice.total_minor < 0 else _("Fees outside a period of supply.")
    if entry.invoice.fees_minor:
        fees = _("Of it %s are fees.") % formats.money(entry.invoice.fees_minor)
        return f"{_why_supply_changed(change, unit=unit)} {fees}"
    return _why_supply_changed(change, unit=unit)


def _why_supply_changed(change: Change, *, unit: str) -> str:
    formats = get_formats()
    words = {
        "amount": formats.money(abs(change.difference_minor)),
        "quantity": formats.quantity(abs(change.quantity_difference_milli), unit),
        "days": abs(change.days_difference),
    }
    more = change.difference_minor > 0
    match change.cause:
        case Cause.FIRST:
            return _("The first invoice of this account.")
        case Cause.SAME:
            return _("About the same as the one before.")
        case Cause.QUANTITY if more:
            return _("%(amount)s more, because %(quantity)s more was used.") % words
        case Cause.QUANTITY:
            return _("%(amount)s less, because %(quantity)s less was used.") % words
        case Cause.DAYS if more:
            return _("%(amount)s more, because it covers %(days)s more days at the same daily use.") % words
        case Cause.DAYS:
            return _("%(amount)s less, because it covers %(days)s fewer days at the same daily use.") % words
        case Cause.CORRECTED_ESTIMATE if more:
            return _("%(amount)s more: the meter was read again after an estimate that was too low.") % words
        case Cause.CORRECTED_ESTIMATE:
            return _("%(amount)s less: the meter was read again after an estimate that was too high.") % words
        case Cause.PRICE if more:
            return _("%(amount)s more, because prices or charges changed; the use did not.") % words
    return _("%(amount)s less, because prices or charges changed; the use did not.") % words


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtRow:
    """What is open of one document."""

    document: str
    kind: str
    due: str
    is_overdue: bool
    open_minor: int


def debt_rows(page: AccountPage) -> list[DebtRow]:
    """Return what is open by document and due date; a document may have several items."""
    together: dict[tuple[str, str, datetime.date, bool], int] = {}
    for item in page.open_items:
        key = (item.document_code, item.kind_label, item.due_date, item.is_overdue)
        together[key] = together.get(key, 0) + item.open_minor
    return [
        DebtRow(document=document, kind=kind, due=get_formats().date(due), is_overdue=is_overdue, open_minor=open_minor)
        for (document, kind, due, is_overdue), open_minor in together.items()
    ]


def consumption_chart(page: AccountPage, *, unit: str) -> dict[str, Any] | None:
    """Return the last two years of consumption as columns; what was not measured is hatched."""
    if not page.used:
        return None
    locale = get_formats().locale
    kinds = {"ESTIMATED": _("Estimated"), "ADJUSTED": _("Adjusted"), "ASSUMED": _("Assumed")}
    by_start: dict[datetime.date, list[Any]] = {}
    for used in page.used:
        by_start.setdefault(used.start_date, []).append(used)
    columns: list[dict[str, Any]] = []
    for together in by_start.values():
        last_day = max(used.end_date for used in together) - datetime.timedelta(days=1)
        known = [used.quantity_milli for used in together if used.quantity_milli is not None]
        odd = next((used for used in together if used.kind != MEASURED), None)
        held = any(used.state == HELD for used in together)
        columns.append(
            {
                "label": str(format_date(last_day, format="MMM yy", locale=locale)),
                "value": sum(known) / 1000 if known else None,
                "estimated": odd is not None,
                "note": _("Held for review") if held else kinds[odd.kind] if odd else "",
            }
        )
    values = [float(column["value"]) for column in columns if column["value"] is not None]
    average = round(sum(values) / len(values), 1) if values else None
    chart = {"kind": "consumption", "unit": unit, "columns": columns}
    return chart | {"average": average, "average_label": _("average")} if average is not None else chart


def timeline(page: AccountPage) -> list[TimelineEvent]:
    """Return what happened on the account, newest first."""
    formats = get_formats()
    dated: list[tuple[datetime.date, TimelineEvent]] = []
    for entry in page.invoices or ():
        invoice = entry.invoice
        title = _("Invoice %(code)s: %(amount)s") % {
            "code": invoice.code,
            "amount": formats.amount(invoice.total_minor),
        }
        note = _("due %(day)s") % {"day": formats.date(invoice.due_date)}
        href = reverse("invoice", args=[invoice.invoice_id])
        dated.append(
            (
                invoice.issue_date,
                _event(icon="file-invoice", tone="busy", title=title, day=invoice.issue_date, note=note, href=href),
            )
        )
    for payment in page.payments or ():
        words = {"code": payment.receipt_code, "amount": formats.amount(payment.amount_minor)}
        title = _("Reversal %(code)s: %(amount)s") if payment.is_reversal else _("Payment %(code)s: %(amount)s")
        event = TimelineEvent(
            icon="cash",
            tone="bad" if payment.is_reversal else "good",
            title=title % words,
            when=formats.date(payment.received_at.date()),
            href=reverse("payment", args=[payment.payment_id]),
        )
        dated.append((payment.received_at.date(), event))
    for meter in page.meters:
        title = _("Meter %(serial)s installed") % {"serial": meter.serial}
        dated.append((meter.from_date, _event(icon="gauge", tone="idle", title=title, day=meter.from_date)))
        if meter.until_date:
            title = _("Meter %(serial)s removed") % {"serial": meter.serial}
            dated.append((meter.until_date, _event(icon="gauge", tone="idle", title=title, day=meter.until_date)))
    for agreement in page.account.agreements:
        title = _("Agreement %(number)s started") % {"number": agreement.number}
        dated.append((agreement.start_date, _event(icon="writing", tone="idle", title=title, day=agreement.start_date)))
        if agreement.end_date:
            title = _("Agreement %(number)s ended") % {"number": agreement.number}
            dated.append((agreement.end_date, _event(icon="writing", tone="idle", title=title, day=agreement.end_date)))
    if page.application is not None:
        application_id, code, opened_at = page.application
        day, href = timezone.localtime(opened_at).date(), reverse("application", args=[application_id])
        title = _("Application %s opened") % code
        dated.append((day, _event(icon="clipboard-list", tone="idle", title=title, day=day, href=href)))
    for file in page.dossier.attachments:
        title = _("File added: %(title)s") % {"title": file.title}
        day, href = timezone.localtime(file.added_at).date(), reverse("file", args=[file.attachment_id])
        dated.append((day, _event(icon="paperclip", tone="idle", title=title, day=day, href=href)))
    dated.sort(key=lambda item: item[0], reverse=True)
    return [event for _day, event in dated[:EVENTS_SHOWN]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that the reader may do with the account."""

    label: str
    href: str
    icon: str
    key: str
    is_first: bool


def actions(actor: Actor, *, account_id: int) -> list[Action]:
    """Return what the actor may do with an account."""
    offered = {
        Permission.PAYMENT_TAKE: Action(
            label=_("Take a payment"),
            href=reverse("till_account", args=[account_id]),
            icon="cash-register",
            key="p",
            is_first=True,
        ),
        Permission.RECEIVABLE_VIEW: Action(
            label=_("Statement"),
            href=reverse("statement", args=[account_id]),
            icon="report-money",
            key="s",
            is_first=False,
        ),
        Permission.REGISTER_EDIT: Action(
            label=_("Change…"),
            href=reverse("account_acts", args=[account_id]),
            icon="pencil",
            key="e",
            is_first=False,
        ),
    }
    return [action for permission, action in offered.items() if actor.may(permission)]


def _event(*, icon: str, tone: str, title: str, day: datetime.date, note: str = "", href: str = "") -> TimelineEvent:
    return TimelineEvent(icon=icon, tone=tone, title=title, when=get_formats().date(day), note=note, href=href)


def _spell_period(start_date: datetime.date | None, end_date: datetime.date | None) -> str:
    if start_date is None or end_date is None:
        return ""
    formats = get_formats()
    return f"{formats.date(start_date)} – {formats.date(end_date - datetime.timedelta(days=1))}"
