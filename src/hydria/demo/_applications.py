"""Who wishes to be connected in the demo: applications at every step, fees that were paid and fees that wait."""

from __future__ import annotations

import datetime

from hydria.billing import operations as billing
from hydria.connections import operations as connections
from hydria.connections.domain.steps import Step
from hydria.connections.operations import WishedPlace
from hydria.customers.operations import NewCustomer, NewPlace
from hydria.demo import _register
from hydria.demo.domain.town import HOUSEHOLD
from hydria.fees import queries as fees
from hydria.fees.domain.states import BillingMode, QuotationState
from hydria.parties.operations import PartyKind
from hydria.payments import operations as payments
from hydria.platform.access import Actor
from hydria.premises import queries as premises

STEP_FEES = ("contrato", "conexion", "acometida")
APPLICANTS = (
    ("Yunior Batista Peña", "Calle Las Palmas 118", Step.DOCUMENTS, 9),
    ("Altagracia Féliz Mora", "Calle Las Palmas 120", Step.DOCUMENTS, 1),
    ("Colmado La Esquina", "Av. del Acueducto 44", Step.FEASIBILITY, 6),
    ("Radhamés Cuevas Lora", "Calle del Pozo 3", Step.FEES, 12),
    ("Ysabel Montero Díaz", "Calle del Pozo 5", Step.ORDER, 15),
    ("Nelson Ogando Reyes", "Calle del Pozo 7", Step.CONNECTED, 20),
    ("Inversiones Miramar", "Loma Alta, km 4", Step.REFUSED, 25),
)


def apply_in_every_step(*, admin: Actor, agent: Actor, cashier: Actor, today: datetime.date) -> None:
    """Set the fees of the road up, and let each applicant come as far as their story tells."""
    connections.save_step(actor=admin, step=Step.FEES, days_allowed=15, is_used=True, fee_codes=STEP_FEES)
    for name, address, step, days_ago in APPLICANTS:
        story = _Story(agent=agent, cashier=cashier, on_date=today - datetime.timedelta(days=days_ago))
        story.live(name=name, address=address, until=step, today=today)


class _Story:
    """One applicant at the counter, from the day on which they came."""

    def __init__(self, *, agent: Actor, cashier: Actor, on_date: datetime.date) -> None:
        self.agent, self.cashier, self.on_date = agent, cashier, on_date
        self.at = datetime.datetime.combine(on_date, datetime.time(14), tzinfo=datetime.UTC)

    def live(self, *, name: str, address: str, until: Step, today: datetime.date) -> None:
        """Take the steps up to one of them; whoever is refused is refused for want of a main."""
        is_company = name.startswith(("Colmado", "Inversiones"))
        application = connections.apply(
            actor=self.agent,
            key=f"demo-{address}",
            customer=NewCustomer(
                kind=PartyKind.ORGANIZATION if is_company else PartyKind.PERSON, name=name, phone="809-555-0142"
            ),
            place=WishedPlace(address=address, city="Villa Hidria", service_code="WATER", category_code=HOUSEHOLD),
            wished_date=today + datetime.timedelta(days=14),
            opened_at=self.at,
            today=self.on_date,
        )
        asked = {"actor": self.agent, "application_id": application.pk}
        if until is Step.REFUSED:
            connections.refuse(reason="No hay red a menos de 300 m", refused_at=self.at, **asked)
        if until in (Step.DOCUMENTS, Step.REFUSED):
            return
        connections.check_documents(
            seen_codes=("cedula", "titulo"),
            missing_reason="El plano llega esta semana",
            checked_at=self.at,
            today=self.on_date,
            **asked,
        )
        if until is Step.FEASIBILITY:
            return
        application = connections.find_feasible(
            feasibility="Red de 110 mm al frente; P. Lantigua", found_at=self.at, today=self.on_date, **asked
        )
        if until is Step.FEES:
            return
        self._pay(application.account_id)
        connections.settle_fees(settled_at=self.at, today=self.on_date, **asked)
        if until is Step.CONNECTED:
            (route, *_others) = premises.list_routes().order_by("code")
            connections.connect(
                connected_at=self.at,
                customer=application.party_id,
                place=NewPlace(
                    address=address,
                    city="Villa Hidria",
                    service_code="WATER",
                    route_code=route.code,
                    category_code=HOUSEHOLD,
                    is_metered=False,
                    is_disconnectable=True,
                ),
                start_date=today,
                tariff_code=_register.URBAN_TARIFF,
                category_code=HOUSEHOLD,
                **asked,
            )

    def _pay(self, account_id: int) -> None:
        """Accept what was quoted: the contract at once, paid in cash; the connection in parts with the invoices."""
        for card in fees.list_cards_of_account(actor=self.agent, account_id=account_id, count_max=9):
            if card.state is not QuotationState.QUOTED:
                continue
            is_at_once = card.instalments_max == 1
            billing.accept_quotation(
                actor=self.agent,
                quotation_id=card.quotation_id,
                mode=BillingMode.AT_ONCE if is_at_once else BillingMode.NEXT_INVOICE,
                instalment_count=1 if is_at_once else card.instalments_max,
                accepted_at=self.at,
                accepted_date=self.on_date,
            )
            if is_at_once:
                payments.take_payments(
                    actor=self.cashier,
                    key=f"demo-fee-{card.code}",
                    rows=[
                        payments.PaymentRow(
                            key=f"demo-fee-{card.code}",
                            account_id=account_id,
                            amount_minor=card.total_minor,
                            kind=payments.TenderKind.CASH,
                            received_at=self.at,
                        )
                    ],
                    effective_date=self.on_date,
                )
