"""The words for everything that contexts tell programs; `outbox` is how they tell it."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """Name everything that is told, as `object.what_happened`; the object is what its `subject_id` is the id of."""

    PARTY_REGISTERED = "party.registered"
    PARTY_CHANGED = "party.changed"
    ACCOUNT_OPENED = "account.opened"
    ACCOUNT_HOLDER_CHANGED = "account.holder_changed"
    AGREEMENT_STARTED = "agreement.started"
    AGREEMENT_TERMS_CHANGED = "agreement.terms_changed"
    AGREEMENT_SUSPENDED = "agreement.suspended"
    AGREEMENT_RESUMED = "agreement.resumed"
    AGREEMENT_ENDED = "agreement.ended"
    CONCESSION_GRANTED = "concession.granted"
    CONCESSION_ENDED = "concession.ended"
    METER_INSTALLED = "meter.installed"
    METER_EXCHANGED = "meter.exchanged"
    READING_RECORDED = "reading.recorded"
    READING_CORRECTED = "reading.corrected"
    RUN_CONFIRMED = "billing_run.confirmed"
    RUN_ABANDONED = "billing_run.abandoned"
    INVOICE_CONFIRMED = "invoice.confirmed"
    PAYMENT_TAKEN = "payment.taken"
    PAYMENT_REVERSED = "payment.reversed"
    TARIFF_PUBLISHED = "tariff_version.published"
    TARIFF_WITHDRAWN = "tariff_version.withdrawn"
    JOB_ENDED = "job.ended"
