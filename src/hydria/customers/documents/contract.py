"""Put a contract into words and onto paper (CUS-09)."""

from __future__ import annotations

import dataclasses
import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.customers import queries
from hydria.customers.domain.contracts import Block, lay_out
from hydria.metering import queries as metering
from hydria.parties import queries as parties
from hydria.platform.access import Actor
from hydria.platform.documents import compiler
from hydria.platform.documents.formats import Formats
from hydria.platform.documents.letterhead import Letterhead

TEMPLATE = "customers/documents/contract.typ"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ContractCard:
    """What a contract is about: its text and what is agreed."""

    title: str
    text: str
    number: str
    holder_name: str
    holder_number: str
    holder_identifiers: str
    holder_address: str
    holder_phone: str
    holder_email: str
    account_number: str
    start_date: datetime.date
    service: str
    tariff: str
    category: str
    point_number: str
    supply_address: str
    route: str
    meter_serial: str


def get_contract_card(*, actor: Actor, agreement_id: int, template_id: int, today: datetime.date) -> ContractCard:
    """
    Gather what a contract says from the register as it is today.

    :raises UnableToPermit: if the actor may not see the register.
    :raises ObjectDoesNotExist: if there is no such agreement, or no such text.
    """
    template = queries.list_contract_templates().get(pk=template_id)
    account_id, agreement = agreements.get_agreement_card(actor=actor, agreement_id=agreement_id, today=today)
    account = agreements.get_account_card(actor=actor, account_id=account_id, today=today)
    holder_id = account.holder.party_id if account.holder else 0
    holder = parties.get_party_cards(party_ids=[holder_id]).get(holder_id)
    dials = metering.list_dials(service_point_id=agreement.service_point_id, on_date=today)
    return ContractCard(
        title=template.name,
        text=template.text,
        number=agreement.number,
        holder_name=holder.name if holder else "",
        holder_number=holder.number if holder else "",
        holder_identifiers=", ".join(f"{found.label} {found.value}" for found in holder.identifiers) if holder else "",
        holder_address=(holder.address if holder else "") or agreement.address,
        holder_phone=holder.phone if holder else "",
        holder_email=holder.email if holder else "",
        account_number=account.number,
        start_date=agreement.start_date,
        service=agreement.service,
        tariff=agreement.tariff_code,
        category=agreement.category,
        point_number=agreement.point_number,
        supply_address=agreement.address,
        route=agreement.route,
        meter_serial=dials[0].serial if dials else "",
    )


def render_contract(
    *, card: ContractCard, letterhead: Letterhead, formats: Formats, created_at: datetime.datetime
) -> bytes:
    """Render a contract as a PDF file; the same card and instant give the same bytes."""
    data = build_data(card=card, letterhead=letterhead, formats=formats, issue_date=created_at.date())
    return compiler.render_pdf(template=TEMPLATE, data=data, created_at=created_at)


def build_data(
    *, card: ContractCard, letterhead: Letterhead, formats: Formats, issue_date: datetime.date
) -> dict[str, object]:
    """Fill a contract's text in, in the language of the formats, as the plain data that the template lays out."""
    agreed = {
        name: value
        for name, value in dataclasses.asdict(card).items()
        if isinstance(value, str) and name not in {"title", "text", "number"}
    }
    with translation.override(formats.locale.language):
        values = agreed | {
            "agreement_number": card.number,
            "start_date": formats.date(card.start_date),
            "today": formats.date(issue_date),
            "company_name": letterhead.name,
            "company_tax_id": letterhead.tax_id,
            "company_address": ", ".join(letterhead.address_lines),
        }
        return {
            "language": formats.locale.language,
            "country": formats.locale.territory,
            "letterhead": letterhead.to_data(),
            "title": card.title,
            "subtitle": card.number,
            "blocks": [_spell(block) for block in lay_out(card.text, values)],
            "signatures": [
                {"name": card.holder_name, "role": _("The customer")},
                {"name": letterhead.name, "role": _("The company")},
            ],
            "notice": f"{letterhead.name}  ·  {card.title} {card.number}  ·  {formats.date(issue_date)}",
        }


def _spell(block: Block) -> dict[str, object]:
    return {"kind": str(block.kind), "runs": [{"text": run.text, "bold": run.is_bold} for run in block.runs]}
