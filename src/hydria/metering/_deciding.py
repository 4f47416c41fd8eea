"""Carry out decisions on held consumptions: estimates, readings set aside, findings closed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Exists, OuterRef, Q

from hydria.metering import models
from hydria.metering._estimating import expect
from hydria.metering._gathering import Scope, gather_past
from hydria.metering.domain.rules import RuleBook
from hydria.metering.domain.validation import FindingCode
from hydria.metering.models import Decision, ReadingSource
from hydria.platform.access import Actor

SET_ASIDE = "SET_ASIDE"
"""Observation of the reading that takes the place of one that a person did not believe."""

_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one consumption is estimated at, and by which method."""

    quantity_milli: int
    method: str


def refusal_of(
    consumption: models.Consumption | None,
    *,
    with_finding: set[int],
    decision: Decision,
    estimates: dict[int, Estimate],
) -> str:
    """Return the code that says why a consumption cannot be decided on so, or "" when it can."""
    if consumption is None:
        return "UNKNOWN"
    if consumption.pk not in with_finding:
        return "WITHOUT_FINDING"
    if decision == Decision.ACCEPTED:
        return "WITHOUT_QUANTITY" if consumption.quantity_milli is None else ""
    if consumption.state == models.ConsumptionState.FINAL:
        return "ALREADY_FINAL"
    return "" if consumption.pk in estimates else "WITHOUT_HISTORY"


def estimate_each(consumptions: Sequence[models.Consumption], *, rules: RuleBook) -> dict[int, Estimate]:
    """Return the estimate of each consumption that there is something to estimate from."""
    if not consumptions:
        return {}
    point_ids = np.array([consumption.service_point_id for consumption in consumptions])
    until_date = max(consumption.end_date for consumption in consumptions)
    policy = rules.general_on((until_date - _EPOCH).days - 1)
    expected = expect(
        past=gather_past(scope=Scope(point_ids=tuple(point_ids.tolist()), until_date=until_date)),
        until_date=until_date,
        point_ids=point_ids,
        start_days=_days([consumption.start_date for consumption in consumptions]),
        end_days=_days([consumption.end_date for consumption in consumptions]),
        policy=policy,
    )
    estimates = zip(
        consumptions, expected.estimates.quantity_milli.tolist(), expected.estimates.method_index.tolist(), strict=True
    )
    return {
        consumption.pk: Estimate(quantity_milli=quantity_milli, method=str(policy.estimation.methods[index]))
        for consumption, quantity_milli, index in estimates
        if index >= 0
    }


def put_estimates(
    consumptions: Sequence[models.Consumption], *, estimates: dict[int, Estimate], actor: Actor, reason: str
) -> None:
    """
    Let estimates take the place of what was measured, and set aside the readings that were not believed.

    The chain of a point then goes on from the reading before, so that what was estimated now is settled by the next
    real reading. It does not where the dial is another one now (a suspected exchange), nor where a later consumption
    follows already: there the reading stays the start of what comes next.
    """
    chain_starts_anew = set(
        models.Finding.objects.filter(consumption__in=consumptions, code=FindingCode.SUSPECTED_EXCHANGE).values_list(
            "consumption_id", flat=True
        )
    )
    later = models.Consumption.objects.filter(
        service_point_id=OuterRef("service_point_id"), start_date__gte=OuterRef("end_date")
    ).exclude(state=models.ConsumptionState.SUPERSEDED)
    chain_starts_anew |= set(
        models.Consumption.objects.filter(Exists(later), id__in=[row.pk for row in consumptions]).values_list(
            "id", flat=True
        )
    )
    for consumption in consumptions:
        estimate = estimates[consumption.pk]
        consumption.detail = _detail_of_estimate(
            consumption, estimate=estimate, chain_starts_anew=consumption.pk in chain_starts_anew
        )
        if consumption.current_reading_id and consumption.pk not in chain_starts_anew:
            for reading in closing_readings(consumption):
                supersede(reading, value_milli=None, observation=SET_ASIDE, reason=reason, recorded_by=actor.name)
            consumption.current_reading_id = None
        consumption.kind = models.ConsumptionKind.ESTIMATED
        consumption.quantity_milli = estimate.quantity_milli


def _detail_of_estimate(
    consumption: models.Consumption, *, estimate: Estimate, chain_starts_anew: bool
) -> dict[str, Any]:
    detail: dict[str, Any] = {"carried_milli": 0, "ahead_milli": 0, "stretches": [], **(consumption.detail or {})}
    if chain_starts_anew:
        ahead_milli = detail["ahead_milli"] if consumption.current_reading_id is None else 0
    elif consumption.current_reading_id:
        # What a dial showed that was taken out stays known; what is not believed now will show on its dial later.
        known_milli = sum(stretch["quantity_milli"] for stretch in detail["stretches"] if stretch["is_removed"])
        ahead_milli = detail["carried_milli"] + estimate.quantity_milli - known_milli
    else:
        ahead_milli = detail["ahead_milli"] + estimate.quantity_milli - (consumption.quantity_milli or 0)
    return {**detail, "ahead_milli": ahead_milli, "estimated_by": estimate.method}


def closing_readings(consumption: models.Consumption) -> list[models.Reading]:
    """Return, locked, what the dials showed that closed a consumption; the main dial's first."""
    stretches = (consumption.detail or {}).get("stretches", ())
    dials = [stretch["register_id"] for stretch in stretches if not stretch["is_removed"]]
    closing = Q(id=consumption.current_reading_id) | Q(register_id__in=dials, read_date=consumption.end_date)
    readings = models.Reading.objects.select_for_update().filter(closing, is_live=True, value_milli__isnull=False)
    return sorted(readings, key=lambda reading: (reading.pk != consumption.current_reading_id, reading.register_id))


def supersede(
    reading: models.Reading, *, value_milli: int | None, observation: str, reason: str, recorded_by: str
) -> None:
    """Put another value in the place of a reading; the raw one stays, no longer live."""
    reading.is_live = False
    reading.save(update_fields=["is_live"])
    models.Reading.objects.create(
        register_id=reading.register_id,
        read_date=reading.read_date,
        value_milli=value_milli,
        observation=observation,
        source=ReadingSource.DESK,
        reader=reading.reader,
        supersedes=reading,
        reason=reason,
        recorded_by=recorded_by,
    )


def finalize(consumptions: Sequence[models.Consumption]) -> None:
    """Let consumptions be billed as they stand now."""
    for consumption in consumptions:
        consumption.state = models.ConsumptionState.FINAL
    models.Consumption.objects.bulk_update(
        consumptions, ["state", "kind", "quantity_milli", "current_reading_id", "detail"], batch_size=2_000
    )


def close_findings(
    consumptions: Sequence[models.Consumption],
    *,
    decision: Decision,
    actor: Actor,
    reason: str,
    decided_at: datetime.datetime,
) -> None:
    """Keep with every open finding of consumptions what was decided, by whom, when and why."""
    models.Finding.objects.filter(
        consumption_id__in=[consumption.pk for consumption in consumptions], state=models.FindingState.OPEN
    ).update(
        state=models.FindingState.DECIDED,
        decision=decision,
        decided_by=actor.name,
        decided_at=decided_at,
        reason=reason,
    )


def _days(dates: Sequence[datetime.date]) -> npt.NDArray[np.int64]:
    return np.array([(day - _EPOCH).days for day in dates], dtype=np.int64)
