"""
Measure loading against the floor of this server: COPY of the same rows, then the same indexes and constraints.

One file feeds the register of a town with meters, another a year of readings; both go the whole way of a person's
file: bytes, table, fields, staging, checks, writing. Method and figures are in docs/performance.md.
"""

from __future__ import annotations

import datetime
import resource
from collections.abc import Mapping

from hydria.billing.bench import Figure, Stopwatch, measure_floor, scratch_database
from hydria.intake import _writing, operations
from hydria.intake.domain.kinds import KINDS
from hydria.platform.access import SYSTEM

NOW = datetime.datetime(2026, 1, 1, 8, 0, tzinfo=datetime.UTC)
MONTHS = 12
POINTS_PER_ROUTE = 500

_RECORDS = """
- {kind: service, fields: {code: {value: BENCH}, name: {value: Water}}}
- {kind: category, fields: {code: {value: BENCH}, name: {value: Household}}}
- {kind: zone, fields: {code: {value: BENCH}, name: {value: Zone}}}
- {kind: sector, fields: {code: {value: BENCH}, name: {value: Sector}, zone: {value: BENCH}}}
- {kind: cycle, fields: {code: {value: BENCH}, name: {value: Cycle}}}
- {kind: route, fields: {code: route, name: route, sector: {value: BENCH}, cycle: {value: BENCH}}}
- {kind: party, fields: {key: no, number: no, name: name}}
- {kind: premise, fields: {key: no, number: no, address: address}}
- kind: point
  fields: {key: no, number: no, premise: no, service: {value: BENCH}, route: route, route_sequence: "#",
           is_disconnectable: {value: "yes"}}
- {kind: units, fields: {point: no, category: {value: BENCH}, unit_count: {value: "1"}, from: since}}
- {kind: account, fields: {key: no, number: no, opened_date: since}}
- {kind: account_party, fields: {account: no, party: no, from: since}}
- {kind: agreement, fields: {key: no, number: no, account: no, point: no, from: since}}
- {kind: terms, fields: {agreement: no, tariff: {value: bench}, category: {value: BENCH}, from: since}}
- {kind: meter, fields: {key: no, serial: no}}
- {kind: register, fields: {meter: no, channel: {value: MAIN}}}
- {kind: installation, fields: {meter: no, point: no, from: since}}
"""
REGISTER_MAPPING = f"mapping: bench-register\nscheme: bench\nrecords:{_RECORDS}"
READINGS_MAPPING = (
    "mapping: bench-readings\nscheme: bench\nrecords: [{kind: reading, fields: {meter: no, date: day, value: shows}}]\n"
)


def measure(*, points: int) -> list[Figure]:
    """Load a town and its year of readings into a scratch database, and the floor after it; return all figures."""
    watch = Stopwatch(seconds={})
    rows = {}
    with scratch_database():
        for name, content, mapping_text in (
            ("register", _register_file(points), REGISTER_MAPPING),
            ("readings", _readings_file(points), READINGS_MAPPING),
        ):
            with watch.stage(name):
                rows[name] = _load(content, mapping_text)
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tables = [_writing.get_model(kind)._meta.db_table for kind in KINDS.values()]
        floor, _row_count = measure_floor(dict.fromkeys([*tables, "platform_externalalias"], "true"))
    total = sum(watch.seconds.values())
    return [
        *(Figure(name=f"{name}_seconds", value=round(value, 1), unit="s") for name, value in watch.seconds.items()),
        *(Figure(name=f"{name}_records", value=count, unit="rows") for name, count in rows.items()),
        Figure(name="records_per_second", value=round(sum(rows.values()) / total), unit="rows/s"),
        Figure(
            name="load_seconds",
            value=round(total, 1),
            unit="s",
            floor=round(floor, 1),
            ratio_to_floor=round(total / floor, 1),
        ),
        Figure(name="peak_memory", value=round(peak_mib), unit="MiB"),
    ]


def _register_file(points: int) -> bytes:
    rows = (
        f"P{n:07d},Customer number {n},Street {n % 900} no. {n},R{n // POINTS_PER_ROUTE:05d},2020-01-01\n"
        for n in range(points)
    )
    return ("no,name,address,route,since\n" + "".join(rows)).encode()


def _readings_file(points: int) -> bytes:
    rows = (
        f"P{n:07d},2025-{month:02d}-05,{100 + month * 15 + n % 7}\n"
        for month in range(1, MONTHS + 1)
        for n in range(points)
    )
    return ("no,day,shows\n" + "".join(rows)).encode()


def _load(content: bytes, mapping_text: str) -> int:
    """Take a file the whole way; return how many records it made."""
    batch = operations.receive_file(
        actor=SYSTEM, content=content, file_name="bench.csv", mapping_text=mapping_text, received_at=NOW
    )
    counts: Mapping[str, Mapping[str, int]] = operations.apply_load(
        actor=SYSTEM, batch_id=batch.pk, applied_at=NOW
    ).counts
    return sum(count["created"] for count in counts.values())
