"""Give a tariff what its history inputs ask for, from the final consumptions of each agreement."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl

from hydria.billing.domain.history import MONTHS_BACK, PastUse, count_history
from hydria.kernel.periods import add_months
from hydria.platform.bulk import read_columns, to_array
from hydria.tariffs.domain.form import number_text
from hydria.tariffs.domain.history import History

# What somebody else used at the place before is not the customer's own history.
_PAST = """
    SELECT agreement.id, used.start_date, used.end_date, used.quantity_milli
    FROM agreements_serviceagreement agreement
    JOIN metering_consumption used ON used.service_point_id = agreement.service_point_id
     AND used.state = 'FINAL' AND used.start_date >= lower(agreement.valid_during)
     AND used.end_date > %(first_date)s AND used.end_date <= %(last_date)s
    WHERE agreement.id = ANY(%(agreement_ids)s::bigint[])
"""
_SCHEMA = {"agreement_id": pl.Int64, "start_date": pl.Date, "end_date": pl.Date, "quantity_milli": pl.Int64}


def load_past(part: pl.DataFrame) -> PastUse:
    """Read what the agreements of a frame of due rows used before the days that are being billed."""
    last_date = part["start_date"].max()
    first_date = add_months(part["start_date"].min(), -MONTHS_BACK)
    parameters = {
        "agreement_ids": to_array(part["agreement_id"].unique()), "first_date": first_date, "last_date": last_date,
    }  # fmt: skip
    rows = part.select("agreement_id").with_row_index("row")
    # One agreement has several rows where several periods are priced at once.
    past = read_columns(_PAST, parameters, schema=_SCHEMA).join(rows, on="agreement_id")
    return PastUse(
        rows=past["row"].cast(pl.Int64).to_numpy(),
        starts=past["start_date"].to_numpy(),
        ends=past["end_date"].to_numpy(),
        quantity_milli=past["quantity_milli"].to_numpy(),
    )


def remember(history: History, past: PastUse, part: pl.DataFrame) -> list[str | None]:
    """Return one history of each row as a number in the tariff's unit; None where there is nothing to count."""
    counted_milli, is_known = count_history(
        history, past, starts=part["start_date"].to_numpy(), ends=part["end_date"].to_numpy()
    )
    distinct, places = np.unique(counted_milli, return_inverse=True)
    texts = [number_text(Fraction(int(milli), 1000)) for milli in distinct]
    return [texts[place] if known else None for place, known in zip(places, is_known.tolist(), strict=True)]
