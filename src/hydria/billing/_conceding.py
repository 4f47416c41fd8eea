"""Ask who has a concession, and notice who lost one (TAR-07)."""

from __future__ import annotations

import datetime

import polars as pl

from hydria.concessions import queries
from hydria.concessions.domain.kinds import INPUT_PREFIX
from hydria.concessions.queries import Enjoyed
from hydria.tariffs import queries as tariffs


def codes_in_force(part: pl.DataFrame) -> list[frozenset[str]]:
    """Return the codes of the concessions that each row of a frame of `_selection` has on its last day."""
    return queries.list_codes_in_force(
        agreement_ids=part["agreement_id"].to_list(),
        on_dates=part["end_date"].dt.offset_by("-1d").to_list(),
        categories=part["category"].to_list(),
    )


def find_lost(part: pl.DataFrame) -> dict[int, Enjoyed]:
    """
    Return the rows of a frame, by their place, that were billed with a concession and would not be now.

    A concession counts as lost when it is no longer in force, or the tariff no longer asks for it, and nobody has
    recorded its end or warned of it.
    """
    enjoyed = queries.list_enjoyed(agreement_ids=part["agreement_id"].to_list())
    if not enjoyed:
        return {}
    place_of = {agreement_id: place for place, agreement_id in enumerate(part["agreement_id"].to_list())}
    places = sorted({place_of[row.agreement_id] for row in enjoyed})
    having = dict(zip(places, codes_in_force(part[places]), strict=True))
    start_dates, version_ids = part["start_date"], part["tariff_version_id"]
    asked = {
        version_id: {declared.name for declared in tariffs.get_version(version_id=version_id).compiled.inputs}
        for version_id in version_ids[places].unique().to_list()
    }
    lost = []
    for row in enjoyed:
        place = place_of[row.agreement_id]
        is_asked = INPUT_PREFIX + row.code in asked[version_ids[place]]
        if row.until_date <= start_dates[place] and not (is_asked and row.code in having[place]):
            lost.append(row)
    if not lost:
        return {}
    last_date = max(part["end_date"][place_of[row.agreement_id]] for row in lost) - datetime.timedelta(days=1)
    return {place_of[row.agreement_id]: row for row in queries.list_unsaid(enjoyed=lost, on_date=last_date)}
