"""
Measure the desk over a large town with a long history, in a scratch database.

The town is the demo's, names and places included. Its last month is billed and paid as any other; the months before
are that month again, written in sets. What is asked for, and the targets, are those of `hydria.desk.bench`.
"""

from __future__ import annotations

import datetime

import numpy as np

from hydria.billing.bench import Figure, Stopwatch, scratch_database
from hydria.demo import _past, bench
from hydria.demo.operations import Stages, _bill_a_month, _create_company, _pay
from hydria.desk import bench as desk
from hydria.kernel.periods import Period, add_months

FIRST_DATE = datetime.date(2024, 1, 1)


def measure(*, connections: int, months: int, request_count: int) -> list[Figure]:
    """Build a town with so many months behind it and ask for the pages of the desk; return all figures."""
    rng = np.random.default_rng(bench.SEED)
    watch = Stopwatch(seconds={})
    last_date = add_months(FIRST_DATE, months)
    with scratch_database():
        with watch.stage("town"):
            _create_company(today=last_date, first_date=FIRST_DATE)
            cycle_id, _readings = bench.live(rng, points=connections, first_date=FIRST_DATE, month_count=months)
        with watch.stage("month"):
            period = Period(add_months(last_date, -1), last_date)
            run = _bill_a_month(Stages(tell=_nobody), cycle_id=cycle_id, period=period, is_last=False)
            _pay(rng, run=run, months_ago=months, is_first_day_only=False)
        with watch.stage("past"):
            _past.copy_back(month_count=months - 1)
        figures = desk.measure(request_count=request_count, today=last_date + datetime.timedelta(days=15))
    return [
        *(Figure(name=f"{name}_seconds", value=round(value), unit="s") for name, value in watch.seconds.items()),
        *figures,
    ]


def _nobody(name: str, done_count: int, total_count: int) -> None:
    """Tell nobody how far it has come."""
