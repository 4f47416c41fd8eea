"""Words for kinds of events and for why nothing came back."""

from __future__ import annotations

from django.utils.translation import gettext as _

from hydria.platform.events import EventKind
from hydria.publicapi.domain.events import TEST_KIND


def kind_labels() -> dict[str, str]:
    """Return every kind of event with its words, in the order of the enumeration."""
    words = {
        EventKind.PARTY_REGISTERED: _("Person registered"),
        EventKind.PARTY_CHANGED: _("Person changed"),
        EventKind.ACCOUNT_OPENED: _("Account opened"),
        EventKind.ACCOUNT_HOLDER_CHANGED: _("Holder changed"),
        EventKind.AGREEMENT_STARTED: _("Agreement started"),
        EventKind.AGREEMENT_TERMS_CHANGED: _("Terms of an agreement changed"),
        EventKind.AGREEMENT_SUSPENDED: _("Supply suspended"),
        EventKind.AGREEMENT_RESUMED: _("Supply resumed"),
        EventKind.AGREEMENT_ENDED: _("Agreement ended"),
        EventKind.CONCESSION_GRANTED: _("Concession granted"),
        EventKind.CONCESSION_ENDED: _("Concession ended"),
        EventKind.METER_INSTALLED: _("Meter installed"),
        EventKind.METER_EXCHANGED: _("Meter exchanged"),
        EventKind.READING_RECORDED: _("Reading recorded"),
        EventKind.READING_CORRECTED: _("Reading corrected"),
        EventKind.RUN_CONFIRMED: _("Billing run confirmed"),
        EventKind.RUN_ABANDONED: _("Billing run abandoned"),
        EventKind.INVOICE_CONFIRMED: _("Invoice confirmed"),
        EventKind.PAYMENT_TAKEN: _("Payment taken"),
        EventKind.PAYMENT_REVERSED: _("Payment reversed"),
        EventKind.TARIFF_PUBLISHED: _("Tariff published"),
        EventKind.TARIFF_WITHDRAWN: _("Tariff withdrawn"),
        EventKind.JOB_ENDED: _("Long work ended"),
    }
    return {**{kind.value: words.get(kind, kind.value) for kind in EventKind}, TEST_KIND: _("Test")}


def fault_label(fault: str) -> str:
    """Return why nothing came back."""
    words = {
        "host_unknown": _("nobody has this name"),
        "address_private": _("the name leads into a private network"),
        "connection_failed": _("no connection"),
        "certificate_wrong": _("the certificate is not valid"),
        "too_slow": _("no answer in time"),
        "https_missing": _("Events are sent by HTTPS only."),
    }
    return words.get(fault, fault)
