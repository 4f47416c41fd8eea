"""
Measure a whole billing run against the floor of this server, in a scratch database of its own.

The floor is COPY of exactly the rows that the run produced into empty copies of the same tables with primary keys
only, then the same indexes and constraints: the fastest way this server can come to hold them. Method and figures
are in docs/performance.md.
"""

from __future__ import annotations

import contextlib
import datetime
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import resources

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from hydria.billing import operations, queries
from hydria.billing.models import BillingRun
from hydria.kernel.errors import UnableTo
from hydria.ledger.operations import create_chart
from hydria.platform.access import SYSTEM
from hydria.platform.jobs import JOBS_AT_ONCE
from hydria.platform.numbering import open_range
from hydria.tariffs.operations import publish_version

SCRATCH_DATABASE = "hydria_bench_billing"
BLOCK_BYTES = 1 << 20
START, END = datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)
NOW = datetime.datetime(2026, 2, 2, 8, 0, tzinfo=datetime.UTC)

# What a run writes, and which of the rows are its own.
PRODUCED = {
    "billing_invoice": "run_id = %(run_id)s",
    "billing_segment": "run_id = %(run_id)s",
    "billing_line": "invoice_id IN (SELECT id FROM billing_invoice WHERE run_id = %(run_id)s)",
    "billing_invoicenumber": "run_id = %(run_id)s",
    "receivables_item": "kind = 'INVOICE' AND source_id IN (SELECT id FROM billing_invoice WHERE run_id = %(run_id)s)",
    "receivables_openitem": "item_id IN (SELECT item.id FROM receivables_item item JOIN billing_invoice invoice"
    " ON invoice.id = item.source_id WHERE item.kind = 'INVOICE' AND invoice.run_id = %(run_id)s)",
}


class UnableToMeasureBilling(UnableTo):
    """The run that was to be measured did not come out right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number with what it is compared to."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio_to_floor: float | None = None


@dataclass(slots=True)
class Stopwatch:
    """Remember how long each named stage took."""

    seconds: dict[str, float]

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def measure(*, connections: Sequence[int]) -> list[Figure]:
    """
    Bill a synthetic register of each size with one worker, and the floor after it; return all figures.

    :raises UnableToMeasureBilling: with code `run_not_proved` if a measured run does not balance.
    """
    figures: list[Figure] = []
    peak_mib = 0.0
    costs: dict[int, float] = {}
    with scratch_database():
        create_chart(actor=SYSTEM, language="en")
        open_range(code="invoice", prefix="F-")
        text = resources.files("hydria.billing").joinpath("bench_tariff.yaml").read_text(encoding="utf-8")
        publish_version(actor=SYSTEM, text=text, published_at=NOW)
        for count in connections:
            cycle_id = make_register(connections=count)
            watch = Stopwatch(seconds={})
            run = _bill(cycle_id, watch)
            peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            floor_seconds, row_count = measure_floor(
                {table: condition.replace("%(run_id)s", str(run.pk)) for table, condition in PRODUCED.items()}
            )
            figures.extend(_figures(count, run, watch, floor_seconds, row_count))
            costs[count] = sum(watch.seconds.values()) / run.invoices.count()
    if len(costs) > 1:
        small, large = costs[min(costs)], costs[max(costs)]
        figures.append(Figure(name="cost_per_invoice_growth", value=round(large / small - 1, 3), unit="ratio"))
    figures.append(Figure(name="peak_memory", value=round(peak_mib), unit="MiB"))
    return figures


@contextlib.contextmanager
def scratch_database() -> Iterator[None]:
    """Point Django at an empty, migrated database of the same server, and drop it afterwards."""
    own_name = settings.DATABASES["default"]["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {SCRATCH_DATABASE}")
        cursor.execute(f"CREATE DATABASE {SCRATCH_DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    _connect_to(SCRATCH_DATABASE)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        _connect_to(own_name)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {SCRATCH_DATABASE} WITH (FORCE)")


def _connect_to(name: str) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


def _bill(cycle_id: int, watch: Stopwatch) -> BillingRun:
    period = operations.open_period(
        actor=SYSTEM,
        cycle_id=cycle_id,
        start_date=START,
        end_date=END,
        issue_date=datetime.date(2026, 2, 3),
        due_date=datetime.date(2026, 2, 23),
    )
    with watch.stage("start"):
        run = operations.start_run(actor=SYSTEM, period_id=period.pk, requested_at=NOW)
    with watch.stage("price"):
        positions = run.chunks.order_by("position").values_list("position", flat=True)
        with ThreadPoolExecutor(JOBS_AT_ONCE) as worker:  # as many at once as a worker takes on
            list(worker.map(partial(_write_chunk, run.pk), positions))
    with watch.stage("prove"):
        operations.draft_run(run_id=run.pk, now=NOW)
    with watch.stage("confirm"):
        run = operations.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=NOW)
    if faults := queries.get_proof(run=run).faults:
        raise UnableToMeasureBilling("run_not_proved", f"The measured run does not balance: {faults}", faults=faults)
    return run


def _write_chunk(run_id: int, position: int) -> None:
    try:
        operations.write_chunk(run_id=run_id, position=position, now=NOW)
    finally:
        connection.close()


def measure_floor(produced: Mapping[str, str]) -> tuple[float, int]:
    """
    Return the seconds that the server needs for rows at best, and how many they are.

    produced  table -> the condition that its rows meet
    """
    seconds, row_count = 0.0, 0
    for table, condition in produced.items():
        with connection.cursor() as cursor, tempfile.TemporaryFile() as rows:
            with cursor.copy(f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT (FORMAT binary)") as source:
                for block in source:
                    rows.write(block)
            rows.seek(0)
            cursor.execute(f"CREATE TABLE floor_copy (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE)")
            (key,) = _definitions(cursor, table, "p")
            cursor.execute(f"ALTER TABLE floor_copy ADD {key}")
            later = [f"ALTER TABLE floor_copy ADD {definition}" for definition in _definitions(cursor, table, "ucx")]
            later += _plain_indexes(cursor, table)
            cursor.execute("CHECKPOINT")
            start = time.perf_counter()
            with cursor.copy("COPY floor_copy FROM STDIN (FORMAT binary)") as target:
                while block := rows.read(BLOCK_BYTES):
                    target.write(block)
            for statement in later:
                cursor.execute(statement)
            seconds += time.perf_counter() - start
            cursor.execute("SELECT count(*) FROM floor_copy")
            row_count += cursor.fetchone()[0]
            cursor.execute("DROP TABLE floor_copy")
    return seconds, row_count


def _definitions(cursor, table: str, kinds: str) -> list[str]:
    """Return the constraints of a table of the kinds p (primary key), u (unique), c (check), x (exclusion)."""
    cursor.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = ANY(%s)",
        [table, list(kinds)],
    )
    return [definition for (definition,) in cursor.fetchall()]


def _plain_indexes(cursor, table: str) -> list[str]:
    """Return statements that make the indexes of a table, besides those of its constraints, on the copy."""
    cursor.execute(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %(table)s::regclass AND NOT EXISTS"
        " (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = %(table)s::regclass)",
        {"table": table},
    )
    statements = []
    for place, (definition,) in enumerate(cursor.fetchall()):
        kind, _, rest = definition.partition(" INDEX ")
        _name, _, target = rest.partition(" ON ")
        statements.append(f"{kind} INDEX floor_copy_{place} ON {target.replace(f'public.{table}', 'floor_copy', 1)}")
    return statements


def _figures(count: int, run: BillingRun, watch: Stopwatch, floor_seconds: float, row_count: int) -> list[Figure]:
    invoice_count = run.invoices.count()
    total = sum(watch.seconds.values())
    size = f"{count}"
    return [
        *(
            Figure(name=f"{stage}_seconds_{size}", value=round(seconds, 3), unit="s")
            for stage, seconds in watch.seconds.items()
        ),
        Figure(name=f"rows_{size}", value=row_count, unit="rows"),
        Figure(name=f"invoices_per_second_{size}", value=round(invoice_count / total), unit="1/s"),
        Figure(name=f"cost_per_invoice_{size}", value=round(1e6 * total / invoice_count, 1), unit="us"),
        Figure(
            name=f"run_seconds_{size}",
            value=round(total, 3),
            unit="s",
            floor=round(floor_seconds, 3),
            ratio_to_floor=round(total / floor_seconds, 2),
        ),
    ]


def make_register(*, connections: int) -> int:
    """
    Write a synthetic register with a final consumption for each metered point, and return its cycle's id.

    One point in 50 has no meter, one in 200 has no consumption and will be parked, one in 500 is excluded. Nine
    meters of ten are read in whole cubic metres, the tenth in litres.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM premises_billingcycle")
        name = f"{cursor.fetchone()[0] + 1}"
        for statement in _REGISTER:
            cursor.execute(statement, {"count": connections, "name": name, "start": START, "end": END})
        cursor.execute("ANALYZE")
        cursor.execute("SELECT id FROM premises_billingcycle WHERE code = %s", [name])
        return int(cursor.fetchone()[0])


_NUMBERS = "generate_series(1, %(count)s) AS n"
_REGISTER = (
    "INSERT INTO premises_service (code, name, unit) VALUES ('WATER', 'Water', 'm3') ON CONFLICT DO NOTHING",
    "INSERT INTO premises_category (code, name) VALUES ('household', 'Household') ON CONFLICT DO NOTHING",
    "INSERT INTO premises_zone (code, name) VALUES ('Z', 'Zone') ON CONFLICT DO NOTHING",
    "INSERT INTO premises_sector (code, name, zone_id) SELECT 'S', 'Sector', id FROM premises_zone ON CONFLICT DO NOTHING",
    "INSERT INTO premises_billingcycle (code, name, period_months) VALUES (%(name)s, %(name)s, 1)",
    """INSERT INTO premises_route (code, name, sector_id, cycle_id) SELECT %(name)s, %(name)s, sector.id, cycle.id
        FROM premises_sector sector, premises_billingcycle cycle WHERE cycle.code = %(name)s""",
    f"""INSERT INTO premises_premise (number, address, search_address, city)
        SELECT %(name)s || '-' || n, 'Calle ' || n / 40 || ' No. ' || n %% 40, 'calle', '' FROM {_NUMBERS}""",
    f"""INSERT INTO premises_servicepoint
            (number, premise_id, service_id, route_id, route_sequence, is_metered, is_disconnectable)
        SELECT premise.number, premise.id, service.id, route.id, n, n %% 50 <> 0, true
        FROM {_NUMBERS} JOIN premises_premise premise ON premise.number = %(name)s || '-' || n
        CROSS JOIN premises_service service JOIN premises_route route ON route.code = %(name)s""",
    f"""INSERT INTO premises_pointunits (service_point_id, category_id, unit_count, valid_during)
        SELECT point.id, category.id, CASE WHEN n %% 20 = 0 THEN 4 ELSE 1 END, daterange('2020-01-01', NULL)
        FROM {_NUMBERS} JOIN premises_servicepoint point ON point.number = %(name)s || '-' || n
        CROSS JOIN premises_category category""",
    f"""INSERT INTO parties_party (number, kind, name, search_name, email, phone, address, language, notes, is_protected)
        SELECT %(name)s || '-' || n, 'PERSON', 'Customer number ' || n, 'customer', '', '', '', '', '', false
        FROM {_NUMBERS}""",
    f"""INSERT INTO agreements_account (number, delivery_mode, delivery_address, language, opened_date)
        SELECT %(name)s || '-' || n, 'PAPER', '', '', '2020-01-01' FROM {_NUMBERS}""",
    """INSERT INTO agreements_accountparty (account_id, party_id, role, valid_during)
        SELECT account.id, party.id, 'HOLDER', daterange('2020-01-01', NULL)
        FROM agreements_account account JOIN parties_party party USING (number)
        WHERE account.number LIKE %(name)s || '-%%'""",
    """INSERT INTO agreements_serviceagreement (number, account_id, service_point_id, valid_during)
        SELECT account.number, account.id, point.id, daterange('2020-01-01', NULL)
        FROM agreements_account account JOIN premises_servicepoint point USING (number)
        WHERE account.number LIKE %(name)s || '-%%'""",
    """INSERT INTO agreements_agreementterms (agreement_id, tariff_code, category_id, inputs, valid_during)
        SELECT agreement.id, 'bench_water', category.id, '{}', daterange('2020-01-01', NULL)
        FROM agreements_serviceagreement agreement CROSS JOIN premises_category category
        WHERE agreement.number LIKE %(name)s || '-%%'""",
    f"""INSERT INTO agreements_billingexclusion (agreement_id, reason, valid_during)
        SELECT agreement.id, 'Own use of the company', daterange('2020-01-01', NULL)
        FROM {_NUMBERS} JOIN agreements_serviceagreement agreement ON agreement.number = %(name)s || '-' || n
        WHERE n %% 500 = 1""",
    f"""INSERT INTO metering_meter (serial, make, model, size)
        SELECT %(name)s || '-' || n, 'BENCH', '', (ARRAY['15', '15', '15', '20', '25'])[n %% 5 + 1] FROM {_NUMBERS}""",
    """INSERT INTO metering_installation (meter_id, service_point_id, valid_during, initial_milli, evidence)
        SELECT meter.id, point.id, daterange('2020-01-01', NULL), 0, ''
        FROM metering_meter meter JOIN premises_servicepoint point ON point.number = meter.serial
        WHERE meter.serial LIKE %(name)s || '-%%'""",
    f"""INSERT INTO metering_consumption (service_point_id, start_date, end_date, quantity_milli, kind, state)
        SELECT point.id, %(start)s, %(end)s,
               CASE WHEN n %% 10 = 0 THEN n * 7919 %% 60000 ELSE n * 7919 %% 60 * 1000 END, 'MEASURED', 'FINAL'
        FROM {_NUMBERS} JOIN premises_servicepoint point ON point.number = %(name)s || '-' || n
        WHERE point.is_metered AND n %% 200 <> 7""",
)
