"""
Build the demo company and let it live: every month is read, judged, decided on, billed and partly paid.

Nothing here writes a reading, an invoice or a payment by itself: all of it goes through the operations that a real
company uses, so the demo proves them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from hydria.billing import operations as billing
from hydria.billing import queries as billing_queries
from hydria.billing.documents import printing
from hydria.demo import _applications, _concessions, _counter, _fees, _own, _register, _tariffs
from hydria.demo.domain import habits, town
from hydria.demo.domain.habits import Slip
from hydria.desk import operations as desk
from hydria.kernel.errors import UnableTo
from hydria.kernel.periods import Period, add_months, first_of_month
from hydria.metering import operations as metering
from hydria.metering import queries as metering_queries
from hydria.payments import operations as payments
from hydria.platform import operations as platform
from hydria.platform import queries
from hydria.platform.access import SYSTEM, Actor
from hydria.platform.transactions import acting
from hydria.receivables import queries as receivables
from hydria.tariffs import operations as tariffs

Int64Array = npt.NDArray[np.int64]

SEED = 20260101
MONTHS = 12
INVOICES_PER_FILE = 100
DEMO_PASSWORD = "agua-clara-2026"  # noqa: S105  # printed at start, for a town that does not exist
USERS = (
    ("agente", "Rosa Almonte", "agent", "es"),
    ("cajera", "Yolanda Mejía", "cashier", "es"),
    ("jefa", "Carmen Núñez", "head_cashier", "es"),
    ("supervisor", "Pedro Lantigua", "reading_supervisor", "es"),
    ("facturacion", "Luisa Ureña", "billing_manager", "es"),
    ("tarifas", "Héctor Polanco", "tariff_manager", "es"),
    ("contable", "Ana Tavárez", "accountant", "es"),
    ("gerente", "Ramón Suero", "manager", "es"),
    ("admin", "Administrator", "administrator", "en"),
    ("diaxeiristis", "Ελένη Παππά", "administrator", "el"),
)


class UnableToBuildDemo(UnableTo):
    """The demo company cannot be built here."""


@dataclass(slots=True)
class Stages:
    """Seconds spent in each stage, and who is told how far it has come."""

    tell: Callable[[str, int, int], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; the same name again adds to it."""
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - started, 3)


@dataclass(slots=True)
class _Dials:
    """The true state of every dial: what it would show if somebody looked."""

    register_ids: Int64Array
    shown_milli: Int64Array
    capacity_milli: int = _register.CAPACITY_MILLI

    def use(self, used_milli: Int64Array) -> None:
        """Let the water run; a dial that reaches its end starts again."""
        self.shown_milli = (self.shown_milli + used_milli) % self.capacity_milli


def is_built() -> bool:
    """Tell whether this database holds a company already."""
    return bool(queries.get_company().name)


def build_demo(*, connections: int, today: datetime.date, stages: Stages) -> billing.BillingRun:
    """
    Create the company and its twelve months of history, and bill the last full month; return its confirmed run.

    :raises UnableToBuildDemo: with code `company_exists` if the database holds a company.
    """
    if is_built():
        raise UnableToBuildDemo("company_exists", "This database holds a company already; start over with --fresh.")
    rng = np.random.default_rng(SEED)
    last_date = first_of_month(today)
    first_date = add_months(last_date, -MONTHS)
    with stages.stage("company"):
        _create_company(today=today, first_date=first_date)
    with stages.stage("register"):
        plan = town.invent_town(
            rng=rng, connections=connections, first_date=first_date, last_date=add_months(last_date, -1)
        )
        with acting(SYSTEM, reason="demo register"):
            register = _register.write_register(town=plan)
        _concessions.open_programs(manager=_user("facturacion"), first_date=first_date, today=today)
        with acting(SYSTEM, reason="demo concessions"):
            _concessions.write_grants(first_date=first_date, today=today)
        _fees.bill_in_parts(agent=_user("agente"), on_date=add_months(last_date, -2))
    typical_milli = habits.typical_use(rng=rng, town=plan)
    dials = _Dials(register_ids=register.register_ids.copy(), shown_milli=plan.dial_start_milli.copy())
    run: billing.BillingRun | None = None
    for month_number in range(MONTHS):
        period = Period(add_months(first_date, month_number), add_months(first_date, month_number + 1))
        stages.tell("months", month_number, MONTHS)
        month = habits.live_a_month(rng=rng, typical_milli=typical_milli, month=period.start_date.month)
        is_last = month_number == MONTHS - 1
        with stages.stage("read" if is_last else "history"):
            _read_a_month(plan, register, dials, month=month, period=period)
        run = _bill_a_month(
            stages,
            cycle_id=register.cycle_id,
            period=period,
            is_last=is_last,
        )
        with stages.stage("pay" if is_last else "history"):
            _pay(rng, run=run, months_ago=MONTHS - 1 - month_number, is_first_day_only=is_last)
    stages.tell("months", MONTHS, MONTHS)
    with stages.stage("tariffs"):
        _tariffs.propose_tariffs(writer=_user("tarifas"), manager=_user("gerente"), today=today)
    with stages.stage("counter"):
        _counter.live_at_the_counter(admin=_user("admin"), agent=_user("agente"), today=today)
        _applications.apply_in_every_step(
            admin=_user("admin"), agent=_user("agente"), cashier=_user("cajera"), today=today
        )
        _fees.charge_at_the_counter(agent=_user("agente"), manager=_user("facturacion"), today=today)
        _concessions.look_back(
            manager=_user("facturacion"),
            cashier=_user("cajera"),
            now=datetime.datetime.combine(today, datetime.time(14), tzinfo=datetime.UTC),
            today=today,
        )
        _own.fill_in(admin=_user("admin"), today=today)
        _own.select_debtors(
            admin=_user("admin"), made_at=datetime.datetime.combine(today, datetime.time(15), tzinfo=datetime.UTC)
        )
    assert run is not None
    return run


def _create_company(*, today: datetime.date, first_date: datetime.date) -> None:
    desk.open_company(
        actor=SYSTEM,
        name="Acueducto de Villa Hidria",
        legal_name="Corporación del Acueducto y Alcantarillado de Villa Hidria",
        tax_id="430000018",
        address="Av. del Acueducto 1, Villa Hidria",
        phone="809-555-0100",
        email="clientes@acueducto.example.org",
        website="acueducto.example.org",
        currency="DOP",
        country="DO",
        language="es",
        timezone="America/Santo_Domingo",
    )
    role_ids = {role.code: role.pk for role in queries.list_roles()}
    for username, full_name, role, language in USERS:
        platform.create_user(
            actor=SYSTEM,
            username=username,
            full_name=full_name,
            password=DEMO_PASSWORD,
            role_ids=[role_ids[role]],
            language=language,
            today=today,
        )
    published_at = datetime.datetime.combine(first_date, datetime.time(8), tzinfo=datetime.UTC)
    for name in (_register.URBAN_TARIFF, _register.LARGE_TARIFF):
        tariffs.publish_version(actor=SYSTEM, text=_tariffs.get_text(name), published_at=published_at)
    _fees.open_price_list(installer=SYSTEM, manager=_user("facturacion"), published_at=published_at)
    metering.set_thresholds(
        actor=SYSTEM,
        thresholds={"high_percent": 400},
        from_date=first_date,
        reason="En los meses de calor se usa más agua",
        applies_to=metering.AppliesTo(months=(6, 10)),
    )
    for number in (1, 2):
        payments.create_till(actor=SYSTEM, code=f"CAJA-{number}", name=f"Caja {number}")


def _read_a_month(
    plan: town.Town, register: _register.Register, dials: _Dials, *, month: habits.Month, period: Period
) -> None:
    """Let the month pass dial by dial: changes of customer and of meter on their day, the walk on the last."""
    supervisor = _user("supervisor")
    _change_customers(plan, dials, month=month, period=period, actor=supervisor)
    _exchange_meters(plan, register, dials, month=month, period=period, actor=supervisor)
    dials.use(month.used_milli)
    metered = np.flatnonzero(plan.is_metered)
    shown = dials.shown_milli[metered]
    slip = month.slip[metered]
    # A stopped meter's customer goes on using water; only the dial stands still, which `used_milli` already says.
    typed = np.where(slip == Slip.TYPED_WRONG, shown * 10 % dials.capacity_milli, shown)
    no_access = slip == Slip.NO_ACCESS
    rows = metering.record_readings(
        actor=supervisor,
        readings=metering.NewReadings(
            register_ids=dials.register_ids[metered].tolist(),
            read_dates=[period.end_date] * len(metered),
            values_milli=[None if hidden else value for hidden, value in zip(no_access, typed.tolist(), strict=True)],
            observations=["SIN_ACCESO" if hidden else "" for hidden in no_access],
            source=metering.ReadingSource.FILE,
            reader="lector",
        ),
        today=period.end_date,
    )
    assert all(row.reading_id is not None for row in rows)


def _part_of_month(used_milli: Int64Array, days: Int64Array, period: Period) -> Int64Array:
    return np.asarray(used_milli * days // period.days // 1000 * 1000)


def _inside(dates: npt.NDArray[np.datetime64], period: Period) -> npt.NDArray[np.intp]:
    start, end = np.datetime64(period.start_date, "D"), np.datetime64(period.end_date, "D")
    return np.flatnonzero((dates > start) & (dates < end))


def _change_customers(plan: town.Town, dials: _Dials, *, month: habits.Month, period: Period, actor: Actor) -> None:
    """Read the dial on the day when one customer leaves and the next comes."""
    moving = _inside(plan.moved_date, period)
    moving = moving[plan.is_metered[moving]]
    if not len(moving):
        return
    dates = plan.moved_date[moving]
    days = (dates - np.datetime64(period.start_date, "D")).astype(np.int64)
    shown = dials.shown_milli[moving] + _part_of_month(month.used_milli[moving], days, period)
    metering.record_readings(
        actor=actor,
        readings=metering.NewReadings(
            register_ids=dials.register_ids[moving].tolist(),
            read_dates=dates.tolist(),
            values_milli=(shown % dials.capacity_milli).tolist(),
            observations=[""] * len(moving),
            source=metering.ReadingSource.DESK,
            reader="oficina",
        ),
        today=period.end_date,
    )


def _exchange_meters(
    plan: town.Town, register: _register.Register, dials: _Dials, *, month: habits.Month, period: Period, actor: Actor
) -> None:
    """Take meters out on their day, with what the old one showed; the new one starts from zero."""
    for point in _inside(plan.exchanged_date, period).tolist():
        exchanged_date = plan.exchanged_date[point].astype(datetime.date)
        days = np.array([(exchanged_date - period.start_date).days])
        used_before = int(_part_of_month(month.used_milli[point : point + 1], days, period)[0])
        metering.exchange_meter(
            actor=actor,
            service_point_id=int(register.point_ids[point]),
            exchanged_date=exchanged_date,
            final_milli=int((dials.shown_milli[point] + used_before) % dials.capacity_milli),
            meter=metering.NewMeter(serial=register.spare_serials[point], make=_register.SPARE_MAKE),
            initial_milli=0,
            evidence="Orden de cambio de medidor con foto",
            today=period.end_date,
        )
        dials.register_ids[point] = register.spare_register_ids[point]
        # What is left of the month runs through the new meter once the month's use is added.
        dials.shown_milli[point] = -used_before


def _bill_a_month(stages: Stages, *, cycle_id: int, period: Period, is_last: bool) -> billing.BillingRun:
    """Take the month from its readings to a confirmed run; the last one leaves some findings to the person who looks."""
    manager = _user("facturacion")
    at = datetime.datetime.combine(period.end_date, datetime.time(12), tzinfo=datetime.UTC)
    with stages.stage("validate" if is_last else "history"):
        metering.compute_consumption(actor=_user("supervisor"), cycle_id=cycle_id, until_date=period.end_date)
        _decide(at=at, keep_every=3 if is_last else 0)
    with stages.stage("price" if is_last else "history"):
        billed_id = _open_period(manager, cycle_id=cycle_id, period=period)
        run = billing.start_run(actor=manager, period_id=billed_id, requested_at=at)
        billing.price_run(
            run_id=run.pk,
            now=at,
            on_progress=(lambda done, total: stages.tell("price", done, total)) if is_last else None,
        )
    with stages.stage("confirm" if is_last else "history"):
        return billing.confirm_run(actor=manager, run_id=run.pk, confirmed_at=at)


def _open_period(actor: Actor, *, cycle_id: int, period: Period) -> int:
    period_card = billing.open_period(
        actor=actor,
        cycle_id=cycle_id,
        start_date=period.start_date,
        end_date=period.end_date,
        issue_date=period.end_date,
        due_date=period.end_date + datetime.timedelta(days=20),
    )
    return period_card.pk


def _decide(*, at: datetime.datetime, keep_every: int) -> None:
    """
    Decide as a supervisor would: believe plausible high use, estimate what can't be right.

    keep_every  leave each so-many-th held consumption open; 0 leaves none
    """
    supervisor = _user("supervisor")
    held = metering_queries.list_held()
    rows = [row for place, row in enumerate(held, start=1) if not keep_every or place % keep_every]
    plausible = {("consumption_high",), ("consumption_above_peers",)}
    leaks = [row.id for row in rows if row.codes in plausible and (row.quantity_milli or 0) < 3_000_000]
    others = [row.id for row in rows if row.id not in set(leaks)]
    metering.decide(
        actor=supervisor,
        consumption_ids=leaks,
        decision=metering.Decision.ACCEPTED,
        reason="Confirmado con foto",
        decided_at=at,
    )
    metering.decide(
        actor=supervisor,
        consumption_ids=others,
        decision=metering.Decision.ESTIMATED,
        reason="Lectura no creíble",
        decided_at=at,
    )


def _pay(rng: np.random.Generator, *, run: billing.BillingRun, months_ago: int, is_first_day_only: bool) -> None:
    """Pay what the run billed: nine in ten customers in the month, or those of the first day."""
    paid_date = run.period.issue_date + datetime.timedelta(days=0 if is_first_day_only else 10)
    account_ids = np.array(billing_queries.list_billed_account_ids(run=run), dtype=np.int64)
    balances = receivables.get_balances(account_ids=account_ids.tolist(), today=paid_date)
    pays = habits.choose_payers(rng=rng, account_ids=account_ids, months_ago=months_ago)
    if is_first_day_only:
        pays &= rng.integers(0, 100, len(pays)) < 12
    received_at = datetime.datetime.combine(paid_date, datetime.time(15), tzinfo=datetime.UTC)
    kinds = (payments.TenderKind.CASH, payments.TenderKind.CASH, payments.TenderKind.TRANSFER, payments.TenderKind.CARD)
    rows = [
        payments.PaymentRow(
            key=f"demo-{run.pk}-{account_id}",
            account_id=account_id,
            amount_minor=balances[account_id].owed_minor,
            kind=kinds[account_id % len(kinds)],
            received_at=received_at,
            reference="" if account_id % len(kinds) < 2 else f"T{account_id:08d}",
        )
        for account_id in account_ids[pays].tolist()
        if account_id in balances and balances[account_id].owed_minor > 0
    ]
    size = payments.BATCH_ROWS_MAX
    for start in range(0, len(rows), size):
        payments.take_payments(
            actor=_user("cajera"),
            key=f"demo-{run.pk}-{start}",
            rows=rows[start : start + size],
            effective_date=paid_date,
        )


def _user(username: str) -> Actor:
    return queries.list_users().get(username=username).to_actor()


def print_invoices(*, run_id: int, folder: Path, stages: Stages, count_max: int = 300) -> int:
    """
    Print invoices of a run as PDF files of a hundred pages each, and return how many were printed.

    A town's press prints them all; the demo stops at `count_max`, and every other invoice is a click away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with stages.stage("print"):
        invoice_ids = billing_queries.list_invoice_ids(run_id=run_id)[:count_max]
        for start in range(0, len(invoice_ids), INVOICES_PER_FILE):
            some = invoice_ids[start : start + INVOICES_PER_FILE]
            pdf = printing.print_invoices(invoice_ids=some)
            (folder / f"run-{run_id}-{start // INVOICES_PER_FILE + 1:03d}.pdf").write_bytes(pdf)
            stages.tell("print", start + len(some), len(invoice_ids))
    return len(invoice_ids)
