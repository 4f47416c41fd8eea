"""What the demo company's front office did: papers it asks for, and a few acts that a visitor finds on the accounts."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from hydria.agreements import operations as agreements
from hydria.agreements import queries as agreements_queries
from hydria.agreements.queries import AccountCard, AgreementCard
from hydria.customers import operations as customers
from hydria.customers.domain.procedures import MarkerKind, Procedure
from hydria.customers.operations import NewCustomer
from hydria.customers.queries import About
from hydria.kernel.periods import add_months
from hydria.parties.operations import Identifier, IdentifierKind, PartyKind
from hydria.platform.access import Actor

FIRST_ACCOUNT = 21
"""The front office's stories are on accounts 00000021 and following; the first ones stay as plain as they are."""

DOCUMENT_TYPES = (
    ("cedula", "Cédula de identidad", (Procedure.CONNECTION, Procedure.MOVE)),
    ("titulo", "Título de propiedad o contrato de alquiler", (Procedure.CONNECTION, Procedure.MOVE)),
    ("plano", "Plano de la acometida", (Procedure.CONNECTION,)),
    ("foto", "Fotografía", ()),
)
CONTRACT = """# Contrato de servicio

Entre **{{company_name}}** ({{company_tax_id}}), con domicilio en {{company_address}}, y **{{holder_name}}**,
{{holder_identifiers}}, con domicilio en {{holder_address}}, se acuerda el servicio siguiente.

## 1. El servicio

- Servicio: **{{service}}** en {{supply_address}}, punto de suministro {{point_number}}, ruta {{route}}.
- Medidor: {{meter_serial}}.
- Categoría: {{category}}; tarifa: {{tariff}}, según la resolución vigente.
- Desde el {{start_date}}, cuenta {{account_number}}, contrato {{agreement_number}}.

## 2. Obligaciones de la empresa

La empresa entrega agua potable de la calidad que manda la norma, lee el medidor cada mes y explica cada renglón de la
factura a quien lo pida.

## 3. Obligaciones del cliente

El cliente paga sus facturas antes del vencimiento, cuida el medidor y avisa cuando deja el lugar.

Firmado el {{today}}.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Who acts on which account, since when."""

    agent: Actor
    account: AccountCard
    agreement: AgreementCard
    since_date: datetime.date


def live_at_the_counter(*, admin: Actor, agent: Actor, today: datetime.date) -> None:
    """Set the front office up and let it do its commonest acts, each on an account of its own."""
    for code, name, procedures in DOCUMENT_TYPES:
        customers.save_document_type(actor=admin, code=code, name=name, procedures=procedures)
    customers.save_contract_template(actor=admin, name="Contrato de servicio", language="es", text=CONTRACT)
    acts = (_suspend, _exempt, _exclude, _hand_over, _warn)
    for act, (account, agreement) in zip(acts, _accounts(agent, today=today), strict=False):
        act(_Scene(agent=agent, account=account, agreement=agreement, since_date=today.replace(day=1)))


def _suspend(scene: _Scene) -> None:
    agreements.suspend_service(
        actor=scene.agent,
        agreement_id=scene.agreement.agreement_id,
        reason="Casa cerrada por viaje",
        from_date=scene.since_date,
        is_billed=False,
    )


def _exempt(scene: _Scene) -> None:
    agreements.grant_exemption(
        actor=scene.agent,
        agreement_id=scene.agreement.agreement_id,
        code="itbis",
        evidence="Certificación DGII 2026-044",
        from_date=scene.since_date,
        until_date=add_months(scene.since_date, 12),
    )


def _exclude(scene: _Scene) -> None:
    agreements.exclude_from_billing(
        actor=scene.agent,
        agreement_id=scene.agreement.agreement_id,
        reason="Edificio en demolición",
        from_date=scene.since_date,
        review_date=add_months(scene.since_date, 3),
    )


def _hand_over(scene: _Scene) -> None:
    customers.hand_account_over(
        actor=scene.agent,
        account_id=scene.account.account_id,
        customer=NewCustomer(
            kind=PartyKind.PERSON,
            name="Mercedes Almánzar Tejada",
            identifiers=[Identifier(kind=IdentifierKind.NATIONAL, country="DO", value="402-9000001-3")],
            phone="809-555-0777",
        ),
        from_date=scene.since_date,
        reason="Herencia, acta 2026-311",
    )


def _warn(scene: _Scene) -> None:
    about = About(account_id=scene.account.account_id)
    customers.raise_marker(
        actor=scene.agent,
        about=about,
        kind=MarkerKind.FRAUD,
        reason="Conexión directa hallada en una inspección",
        from_date=scene.since_date,
    )
    written_at = datetime.datetime.combine(scene.since_date, datetime.time(14, 30), tzinfo=datetime.UTC)
    for text in ("Llamó por la factura: se le explicó la última lectura.", "Prometió pagar el viernes."):
        customers.write_note(actor=scene.agent, about=about, text=text, written_at=written_at)


def _accounts(agent: Actor, *, today: datetime.date) -> Iterator[tuple[AccountCard, AgreementCard]]:
    """Yield accounts from the first one on that have an agreement in force without anything special."""
    wanted = agreements_queries.list_accounts(actor=agent, today=today).filter(closed_date=None)
    for account in wanted.filter(number__gte=f"{FIRST_ACCOUNT:08d}").order_by("number")[:100]:
        card = agreements_queries.get_account_card(actor=agent, account_id=account.pk, today=today)
        plain = [
            agreement
            for agreement in card.agreements
            if agreement.end_date is None and not (agreement.exemptions or agreement.exclusion_reason)
        ]
        yield from ((card, agreement) for agreement in plain[:1])
