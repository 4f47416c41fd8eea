"""What the demo company wants to know besides: own fields with some values, and two selections of its debtors."""

from __future__ import annotations

import datetime

from django.http import QueryDict

from hydria.directory.operations import Listed, keep_selection
from hydria.directory.web.registers import open_register
from hydria.metering import queries as metering
from hydria.ownfields.domain.kinds import MICRO, OwnKind, Subject, Value
from hydria.ownfields.operations import save_field, save_values
from hydria.parties import queries as parties
from hydria.platform.access import SYSTEM, Actor
from hydria.platform.web.listing import select_rows
from hydria.premises import queries as premises

FILLED_IN = 12
CHANNELS = (("PHONE", "Teléfono"), ("SMS", "SMS"), ("VISIT", "Visita"))
USES = (("GARDEN", "Jardín"), ("POOL", "Piscina"), ("CISTERN", "Cisterna"))


def fill_in(*, admin: Actor, today: datetime.date) -> None:
    """Add a few fields of each kind and fill some of them in."""
    save_field(
        actor=admin,
        subject=Subject.PARTY,
        code="CHANNEL",
        kind=OwnKind.CHOICE,
        labels={"es": "Canal preferido", "en": "Preferred channel", "el": "Προτιμώμενη επικοινωνία"},
        options=CHANNELS,
    )
    save_field(
        actor=admin,
        subject=Subject.PREMISE,
        code="USES",
        kind=OwnKind.MULTIPLE,
        labels={"es": "Usos del agua", "en": "Uses of water", "el": "Χρήσεις νερού"},
        options=USES,
    )
    save_field(
        actor=admin,
        subject=Subject.PREMISE,
        code="STOREYS",
        kind=OwnKind.WHOLE,
        labels={"es": "Plantas", "en": "Storeys", "el": "Όροφοι"},
        low_micro=MICRO,
        high_micro=60 * MICRO,
    )
    save_field(
        actor=admin,
        subject=Subject.METER,
        code="SEAL",
        kind=OwnKind.TEXT,
        labels={"es": "Precinto", "en": "Seal", "el": "Σφραγίδα"},
        pattern="[A-Z]{2}-[0-9]{5}",
    )
    held: dict[Subject, list[dict[str, Value | None]]] = {
        Subject.PARTY: [{"CHANNEL": code} for code, _name in CHANNELS],
        Subject.PREMISE: [{"USES": ("GARDEN", "CISTERN"), "STOREYS": 2 * MICRO}, {"STOREYS": MICRO}],
        Subject.METER: [{"SEAL": "AC-00417"}, {"SEAL": "AC-00418"}],
    }
    rows = {
        Subject.PARTY: parties.list_parties(actor=SYSTEM),
        Subject.PREMISE: premises.list_premises(actor=SYSTEM),
        Subject.METER: metering.list_meters(actor=SYSTEM),
    }
    for subject, values in held.items():
        for place, key in enumerate(rows[subject].order_by("pk").values_list("pk", flat=True)[:FILLED_IN]):
            given = values[place % len(values)]
            reason = "Encuesta de hogares"
            save_values(actor=admin, subject=subject, object_id=key, values=given, on_date=today, reason=reason)


def select_debtors(*, admin: Actor, made_at: datetime.datetime) -> None:
    """Keep those who owe two invoices or more, as they are found each day and as they are today."""
    asked = QueryDict("invoices=2")
    listing, rows = open_register("debtors", actor=admin, asked=asked, today=made_at.date())
    selected, query = select_rows(listing, rows, asked)
    listed = Listed(subject=Subject.ACCOUNT, listing="debtors", query=query, rows=selected)
    for name, is_frozen in (("Con dos facturas o más", False), (f"Campaña de {made_at:%Y-%m}", True)):
        keep_selection(
            actor=admin,
            name=name,
            purpose="Cartas de cobro",
            listed=listed,
            is_frozen=is_frozen,
            made_at=made_at,
        )
