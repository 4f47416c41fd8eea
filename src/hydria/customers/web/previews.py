"""What an act would change and what else it touches, in words."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hydria.agreements import queries as agreements
from hydria.agreements.queries import AccountCard, AgreementCard
from hydria.billing import queries as billing
from hydria.customers import queries
from hydria.customers.domain.procedures import DebtRule
from hydria.customers.operations import NewCustomer
from hydria.customers.web import forms
from hydria.customers.web.guiding import Change, Effect, Preview
from hydria.parties import queries as parties
from hydria.parties.queries import PartyCard
from hydria.platform.access import Actor, Permission
from hydria.platform.web.formats import get_formats
from hydria.premises import queries as premises
from hydria.receivables import queries as receivables

Data = Mapping[str, Any]
INVOICES_LOOKED_AT = 36


def of_connection(form: forms.ConnectionForm, data: Data) -> Preview:
    """Say what a new connection brings."""
    place = form.place
    if isinstance(place, int):
        (line,) = premises.list_point_lines(service_point_ids=[place])
        where = [Change(label=_("Service point"), before=f"{line.number} {line.address}", after=_("goes on as it is"))]
    else:
        where = [
            Change(label=_("New premise"), after=" · ".join(filter(None, (place.address, place.city)))),
            Change(label=_("New service point"), after=f"{place.service_code} · {place.route_code}"),
        ]
    if meter := form.first_meter:
        shown = get_formats().quantity(meter.initial_milli)
        where.append(Change(label=_("Meter %s") % meter.meter.serial, after=_("installed, it shows %s") % shown))
    terms = f"{_label(form, 'category_code')} · {_label(form, 'tariff_code')}"
    return Preview(
        changes=(
            Change(label=_("Customer"), after=_name(form.customer)),
            *where,
            Change(label=_("New account and agreement"), after=terms),
        ),
        effects=(*_of_documents(form), Effect(text=_("The first invoice comes with the next run of the cycle."))),
        since=get_formats().date(data["start_date"]),
    )


def of_move(
    form: forms.MoveForm,
    data: Data,
    *,
    actor: Actor,
    account: AccountCard,
    agreement: AgreementCard,
    today: datetime.date,
) -> Preview:
    """Say what changes when another customer comes."""
    holder = account.holder.name if account.holder else ""
    effects = [
        *_of_debt(actor, account.account_id, today=today),
        *_of_invoices(actor, account.account_id, from_date=data["from_date"]),
        Effect(text=_("Delivery, exemptions and credits of the old customer do not go on; tariff and units do.")),
        *_of_documents(form),
    ]
    return Preview(
        changes=(
            Change(label=_("Customer of %s") % agreement.point_number, before=holder, after=_name(form.customer)),
            Change(
                label=_("Agreement %s") % agreement.number, before=_("In force"), after=_("Ended; a new one begins")
            ),
            Change(label=_("Account"), before=account.number, after=_("A new one")),
            *_of_dials(form),
        ),
        effects=tuple(effects),
        since=get_formats().date(data["from_date"]),
    )


def of_holder(
    form: forms.HolderForm, data: Data, *, actor: Actor, account: AccountCard, today: datetime.date
) -> Preview:
    """Say what changes when somebody takes an account over as it stands."""
    holder = account.holder.name if account.holder else ""
    owed_minor = _balance(actor, account.account_id, today=today).owed_minor
    effects = [Effect(text=_("Agreements, exemptions, history and number of the account stay."))]
    if owed_minor:
        text = _("The new holder takes over a debt of %s.") % get_formats().money(owed_minor)
        effects.append(Effect(text=text, tone="wait", href=reverse("statement", args=[account.account_id])))
    return Preview(
        changes=(Change(label=_("Holder of account %s") % account.number, before=holder, after=_name(form.customer)),),
        effects=tuple(effects),
        since=get_formats().date(data["from_date"]),
    )


def of_end(
    form: forms.EndForm,
    data: Data,
    *,
    actor: Actor,
    account: AccountCard,
    agreement: AgreementCard,
    today: datetime.date,
) -> Preview:
    """Say what changes when a supply ends."""
    return Preview(
        changes=(
            Change(label=_("Agreement %s") % agreement.number, before=_("In force"), after=_("Ended")),
            Change(label=_("Service point %s") % agreement.point_number, before=_("Supplied"), after=_("Vacant")),
            *_of_dials(form),
        ),
        effects=(
            *_of_debt(actor, account.account_id, today=today),
            *_of_invoices(actor, account.account_id, from_date=data["from_date"]),
            Effect(text=_("The days up to then are billed with the next run of the cycle.")),
        ),
        since=get_formats().date(data["from_date"]),
    )


def of_terms(form: forms.TermsForm, data: Data, *, actor: Actor, account_id: int, agreement: AgreementCard) -> Preview:
    """Say what changes when an agreement is billed by other terms."""
    return Preview(
        changes=(
            Change(label=_("Category"), before=agreement.category, after=_label(form, "category_code")),
            Change(label=_("Tariff"), before=agreement.tariff_code, after=_label(form, "tariff_code")),
        ),
        effects=(
            *_of_invoices(actor, account_id, from_date=data["from_date"]),
            Effect(text=_("A period is billed by the terms of its last day.")),
        ),
        since=get_formats().date(data["from_date"]),
    )


def of_units(form: forms.UnitsForm, data: Data, *, actor: Actor, account_id: int, agreement: AgreementCard) -> Preview:
    """Say what changes when a point serves another number of units."""
    units = premises.list_units(service_point_id=agreement.service_point_id, on_date=data["from_date"])
    before = next((card.unit_count for card in units if card.category_code == data["category_code"]), 0)
    label = _("Units: %s") % _label(form, "category_code")
    return Preview(
        changes=(Change(label=label, before=str(before), after=str(data["unit_count"])),),
        effects=_of_invoices(actor, account_id, from_date=data["from_date"]),
        since=get_formats().date(data["from_date"]),
    )


def of_exemption(data: Data, *, actor: Actor, account_id: int, agreement: AgreementCard) -> Preview:
    """Say what is no longer owed."""
    until = _until(data)
    return Preview(
        changes=(
            Change(label=_("Exempt from %s") % data["code"], before=_("No"), after=f"{_('Yes')}, {until}"),
            Change(label=_("Evidence"), after=data["evidence"]),
        ),
        effects=_of_invoices(actor, account_id, from_date=data["from_date"]),
        since=get_formats().date(data["from_date"]),
    )


def of_exclusion(data: Data, *, actor: Actor, account_id: int, agreement: AgreementCard) -> Preview:
    """Say what is no longer billed."""
    return Preview(
        changes=(
            Change(
                label=_("Billing of agreement %s") % agreement.number,
                before=_("Billed"),
                after=f"{_('Left out')}, {_until(data)}",
            ),
            Change(label=_("Look again on"), after=get_formats().date(data["review_date"])),
        ),
        effects=(
            *_of_invoices(actor, account_id, from_date=data["from_date"]),
            Effect(text=_("Each run lists the agreement as excluded, with your reason.")),
        ),
        since=get_formats().date(data["from_date"]),
    )


def of_suspension(data: Data, *, actor: Actor, account_id: int, agreement: AgreementCard) -> Preview:
    """Say what is interrupted."""
    goes_on = data["is_billed"] == "yes"
    return Preview(
        changes=(
            Change(label=_("Supply"), before=_("Active"), after=f"{_('Suspended')}, {_until(data)}"),
            Change(label=_("Billing"), before=_("Billed"), after=_("Billed") if goes_on else _("Left out")),
        ),
        effects=_of_invoices(actor, account_id, from_date=data["from_date"]),
        since=get_formats().date(data["from_date"]),
    )


def of_party(data: Data, *, party: PartyCard, account_count: int) -> Preview:
    """Say which particulars of a party change; those that stay are not listed."""
    labels = {
        "name": _("Name"),
        "phone": _("Phone"),
        "email": _("E-mail"),
        "address": _("Postal address"),
        "language": _("Language"),
    }
    changes = [
        Change(label=label, before=getattr(party, name), after=data[name])
        for name, label in labels.items()
        if getattr(party, name) != data[name]
    ]
    text = ngettext(
        "It counts for %(count)s account of this customer.",
        "It counts for %(count)s accounts of this customer.",
        account_count,
    ) % {"count": account_count}
    return Preview(
        changes=tuple(changes) or (Change(label=_("Nothing"), after=_("stays as it is")),), effects=(Effect(text=text),)
    )


def _of_debt(actor: Actor, account_id: int, *, today: datetime.date) -> tuple[Effect, ...]:
    balance = _balance(actor, account_id, today=today)
    href = reverse("statement", args=[account_id])
    effects = []
    if balance.owed_minor:
        owed = get_formats().money(balance.owed_minor)
        refuses = queries.get_debt_rule() is DebtRule.REFUSE
        text = _("Open debt of %s: the rule of the company is that it is paid first.") if refuses else None
        text = text or _("Open debt of %s stays with the account of the one who leaves.")
        effects.append(Effect(text=text % owed, tone="wait", href=href))
    if balance.held_minor:
        text = _("%s is held for the one who leaves, and stays on that account.")
        effects.append(Effect(text=text % get_formats().money(balance.held_minor), tone="wait", href=href))
    return tuple(effects)


def _balance(actor: Actor, account_id: int, *, today: datetime.date) -> receivables.Balance:
    if not actor.may(Permission.RECEIVABLE_VIEW):
        return receivables.NOTHING
    return receivables.get_balance(account_id=account_id, today=today)


def _of_invoices(actor: Actor, account_id: int, *, from_date: datetime.date) -> tuple[Effect, ...]:
    """Name the invoices that bill days from the day on already."""
    if not actor.may(Permission.BILLING_VIEW):
        return ()
    invoices = billing.list_last_invoices(actor=actor, account_id=account_id, count_max=INVOICES_LOOKED_AT)
    touched = [invoice.code for invoice in invoices if invoice.end_date and invoice.end_date > from_date]
    if not touched:
        return (Effect(text=_("No issued invoice covers these days."), tone="good"),)
    text = ngettext(
        "%(count)s issued invoice covers days from then on (%(codes)s). It stays as it is; a difference is corrected.",
        "%(count)s issued invoices cover days from then on (%(codes)s). They stay as they are; differences are"
        " corrected.",
        len(touched),
    ) % {"count": len(touched), "codes": ", ".join(touched[:6])}
    return (Effect(text=text, tone="wait", href=reverse("account", args=[account_id])),)


def _of_documents(form: forms.ConnectionForm | forms.MoveForm) -> tuple[Effect, ...]:
    missing = form.checked.documents_missing
    text = _("Still to be handed in: %s.") % ", ".join(missing)
    return (Effect(text=text, tone="wait"),) if missing else ()


def _of_dials(form: forms.MoveForm | forms.EndForm) -> tuple[Change, ...]:
    formats = get_formats()
    return tuple(
        Change(
            label=_("Final reading of %s") % dial.serial,
            before=f"{formats.quantity(dial.last_milli)} ({formats.date(dial.last_date)})",
            after=formats.quantity(form.shown_milli[dial.register_id]),
        )
        for dial in form.dials
    )


def _name(customer: NewCustomer | int) -> str:
    if isinstance(customer, NewCustomer):
        return _("%s (new)") % customer.name
    found = parties.get_party_cards(party_ids=[customer]).get(customer)
    return f"{found.name} ({found.number})" if found else ""


def _label(form: forms.DeskForm, name: str) -> str:
    """Return the words of what was chosen."""
    chosen = form.cleaned_data[name]
    return next((str(label) for value, label in form.fields[name].choices if value == chosen), str(chosen))


def _until(data: Data) -> str:
    until_date = data.get("until_date")
    return _("up to %s") % get_formats().date(until_date) if until_date else _("until further notice")


def count_accounts(party_id: int) -> int:
    """Count the accounts on which a party has or had a role."""
    return len(agreements.list_accounts_of_parties(party_ids=[party_id]))
