"""Record readings, compute consumptions, decide on findings, exchange meters."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import NumericRange
from django.utils.translation import gettext

from hydria.kernel.errors import UnableTo
from hydria.metering import _deciding, models, queries
from hydria.metering._deciding import SET_ASIDE  # noqa: F401  # doors
from hydria.metering._gathering import Scope
from hydria.metering._measuring import Measured, write_consumptions
from hydria.metering._observing import NewObservation, add_usual_observations, set_observation  # noqa: F401  # doors
from hydria.metering._recording import NewReadings, RecordedRow, RecordedStatus, write_readings  # noqa: F401  # doors
from hydria.metering.domain.policy import PolicyUnfit, to_policy
from hydria.metering.domain.rules import JUDGING
from hydria.metering.models import Decision, ReadingSource  # noqa: F401  # doors name the source by it
from hydria.platform.access import Actor, Permission
from hydria.platform.events import EventKind
from hydria.platform.outbox import announce, announce_from_query
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting


class UnableToDecide(UnableTo):
    """The consumption cannot be decided on as asked."""


_TOLD = """
    SELECT id AS subject_id, jsonb_build_object('register_id', register_id, 'read_date', read_date,
        'value_milli', value_milli, 'observation', observation) AS data
    FROM metering_reading WHERE id = ANY (%s) ORDER BY id
"""


class UnableToCorrectReading(UnableTo):
    """The reading cannot be corrected as asked."""


class UnableToSetPolicy(UnableTo):
    """The thresholds cannot be set as asked."""


class UnableToExchangeMeter(UnableTo):
    """The meter cannot be exchanged as asked."""


class UnableToInstallMeter(UnableTo):
    """The meter cannot be installed as asked."""


def record_readings(*, actor: Actor, readings: NewReadings, today: datetime.date) -> list[RecordedRow]:
    """
    Record a batch of readings; each row gets its own status and none stops another.

    Guarantee: what was read is kept raw for ever; the same reading again is `REPEATED` and changes nothing, another
    value for the same dial and day is a `CONFLICT` and is not taken (correct the first one instead).

    :raises UnableToPermit: if the actor may not record readings.
    """
    actor.require(Permission.READING_RECORD)
    with acting(actor, reason="record readings"):
        rows = write_readings(readings=readings, today=today, recorded_by=actor.name)
        announce_from_query(
            EventKind.READING_RECORDED,
            actor=actor,
            select=_TOLD,
            parameters=[[row.reading_id for row in rows if row.reading_id is not None]],
        )
    return rows


def compute_consumption(
    *,
    actor: Actor,
    cycle_id: int,
    until_date: datetime.date,
    service_point_ids: Sequence[int] = (),
) -> Measured:
    """
    Compute the consumption of every metered point of a cycle up to a day, and judge it (MET-06).

    service_point_ids  only these, when not all of the cycle

    Guarantee: each point's consumptions chain without gap or overlap; running it again adds only what was missing.

    :raises UnableToPermit: if the actor may not record readings.
    """
    actor.require(Permission.READING_RECORD)
    with acting(actor, reason="compute consumption"):
        _lock_cycle(cycle_id)
        return write_consumptions(
            scope=Scope(cycle_id=cycle_id, until_date=until_date, point_ids=tuple(service_point_ids)),
            rules=queries.get_rules(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRow:
    """What became of one consumption of a decision: `DECIDED`, or a code that says why not."""

    consumption_id: int
    status: str


def decide(
    *,
    actor: Actor,
    consumption_ids: Sequence[int],
    decision: Decision,
    reason: str,
    decided_at: datetime.datetime,
) -> list[DecidedRow]:
    """
    Accept consumptions as they stand, or estimate the held ones; the findings keep who decided and why (MET-07).

    Guarantee: every row has its own status: `DECIDED`, `UNKNOWN`, `WITHOUT_FINDING`, `WITHOUT_QUANTITY` (nothing to
    accept), `WITHOUT_HISTORY` (nothing to estimate from) or `ALREADY_FINAL` (too late to estimate). Deciding again
    finds nothing open. An estimate sets the reading aside, so that the next real reading settles it.

    :raises UnableToPermit: if the actor may not decide on readings.
    :raises UnableToDecide: with code `reason_missing`, or `decision_unfit` for a correction, which is one reading's.
    """
    actor.require(Permission.READING_DECIDE)
    if not reason.strip():
        raise UnableToDecide("reason_missing", gettext("Say why you decide so."))
    if decision not in (Decision.ACCEPTED, Decision.ESTIMATED):
        raise UnableToDecide("decision_unfit", gettext("Correct the reading itself."), decision=str(decision))
    with acting(actor, reason=reason):
        found = {
            consumption.pk: consumption
            for consumption in models.Consumption.objects.select_for_update()
            .filter(id__in=consumption_ids)
            .exclude(state=models.ConsumptionState.SUPERSEDED)
            .order_by("id")
        }
        with_finding = set(
            models.Finding.objects.filter(consumption_id__in=found, state=models.FindingState.OPEN).values_list(
                "consumption_id", flat=True
            )
        )
        estimates: dict[int, _deciding.Estimate] = {}
        if decision == Decision.ESTIMATED:
            estimates = _deciding.estimate_each(list(found.values()), rules=queries.get_rules())
        rows: list[DecidedRow] = []
        for consumption_id in consumption_ids:
            status = _deciding.refusal_of(
                found.get(consumption_id), with_finding=with_finding, decision=decision, estimates=estimates
            )
            rows.append(DecidedRow(consumption_id=consumption_id, status=status or "DECIDED"))
        decided = [found[row.consumption_id] for row in rows if row.status == "DECIDED"]
        if decision == Decision.ESTIMATED:
            _deciding.put_estimates(decided, estimates=estimates, actor=actor, reason=reason)
        _deciding.finalize(decided)
        _deciding.close_findings(decided, decision=decision, actor=actor, reason=reason, decided_at=decided_at)
    return rows


def correct_reading(
    *,
    actor: Actor,
    consumption_id: int,
    value_milli: int,
    reason: str,
    decided_at: datetime.datetime,
    register_id: int | None = None,
) -> models.Consumption:
    """
    Put a right value in the place of a wrong reading and compute its consumption anew.

    register_id  which dial was read wrongly, where the meter has several; the main one when not told

    Guarantee: the raw reading stays and is superseded by a new row with the reason; the old consumption is kept as
    superseded. The new one is judged like any other.

    :raises UnableToPermit: if the actor may not decide on readings.
    :raises UnableToCorrectReading: with code `reason_missing`, `not_held` (billed or decided already), `not_read`
        (there is no reading to correct), `later_reading` or `value_unfit` (negative or beyond the dial).
    """
    actor.require(Permission.READING_DECIDE)
    if not reason.strip():
        raise UnableToCorrectReading("reason_missing", gettext("Say why the reading is corrected."))
    with acting(actor, reason=reason):
        consumption = models.Consumption.objects.select_for_update().filter(id=consumption_id).first()
        if consumption is None or consumption.state != models.ConsumptionState.HELD:
            raise UnableToCorrectReading("not_held", gettext("This consumption is not held for review."))
        closing = _deciding.closing_readings(consumption)
        reading = next((row for row in closing if register_id in (None, row.register_id)), None)
        if reading is None:
            raise UnableToCorrectReading("not_read", gettext("Nothing was read; estimate it or record a reading."))
        if _has_successor(consumption):
            raise UnableToCorrectReading("later_reading", gettext("A later consumption follows from this reading."))
        register = models.Register.objects.get(id=reading.register_id)
        if not 0 <= value_milli < 10**register.digits * 1000:
            raise UnableToCorrectReading(
                "value_unfit", gettext("The dial cannot show this value."), digits=register.digits
            )
        _deciding.supersede(
            reading,
            value_milli=value_milli,
            # What a person has looked at counts, whatever the reader noted about it.
            observation="",
            reason=reason,
            recorded_by=actor.name,
        )
        told = {"register_id": reading.register_id, "read_date": reading.read_date, "value_milli": value_milli}
        announce(EventKind.READING_CORRECTED, reading.pk, actor=actor, **told)
        _deciding.close_findings(
            [consumption], decision=Decision.CORRECTED, actor=actor, reason=reason, decided_at=decided_at
        )
        consumption.state = models.ConsumptionState.SUPERSEDED
        consumption.save(update_fields=["state"])
        write_consumptions(
            scope=Scope(point_ids=(consumption.service_point_id,), until_date=consumption.end_date),
            rules=queries.get_rules(),
        )
        return models.Consumption.objects.exclude(state=models.ConsumptionState.SUPERSEDED).get(
            service_point_id=consumption.service_point_id, start_date=consumption.start_date
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeter:
    """
    The device that takes the old one's place.

    further_milli  what its further dials show, by channel; none for a meter with one dial
    """

    serial: str
    make: str = ""
    model: str = ""
    size: str = ""
    digits: int = 5
    further_milli: Mapping[str, int] = field(default_factory=dict)


def install_meter(
    *,
    actor: Actor,
    service_point_id: int,
    installed_date: datetime.date,
    meter: NewMeter,
    initial_milli: int,
    evidence: str,
) -> models.Installation:
    """
    Put a meter in at a point that has none, with what its dial shows and the evidence (MET-02).

    :raises UnableToPermit: if the actor may not record readings.
    :raises UnableToInstallMeter: with code `serial_missing`, `evidence_missing`, `value_unfit`,
        `meter_is_at_one_point_at_a_time` or `service_point_has_one_meter_at_a_time`.
    """
    actor.require(Permission.READING_RECORD)
    if not meter.serial.strip():
        raise UnableToInstallMeter("serial_missing", gettext("A meter has a serial number."))
    if not evidence.strip():
        raise UnableToInstallMeter("evidence_missing", gettext("Name the evidence: the order, the photo, who saw it."))
    if not 0 <= initial_milli < 10**meter.digits * 1000:
        raise UnableToInstallMeter("value_unfit", gettext("The dial cannot show this value."), digits=meter.digits)
    with acting(actor, reason=evidence):
        device, _created = models.Meter.objects.get_or_create(
            make=meter.make, serial=meter.serial, defaults={"model": meter.model, "size": meter.size}
        )
        models.Register.objects.get_or_create(meter=device, channel="MAIN", defaults={"digits": meter.digits})
        sentences = {
            "meter_is_at_one_point_at_a_time": gettext("This meter is installed at another point."),
            "service_point_has_one_meter_at_a_time": gettext("The point has a meter on that day."),
        }
        with refusing(UnableToInstallMeter, sentences):
            installed = models.Installation.objects.create(
                meter=device,
                service_point_id=service_point_id,
                valid_during=(installed_date, None),
                initial_milli=initial_milli,
                evidence=evidence,
            )
        told = {"serial": device.serial, "service_point_id": service_point_id, "from_date": installed_date}
        announce(EventKind.METER_INSTALLED, device.pk, actor=actor, **told)
        return installed


def exchange_meter(
    *,
    actor: Actor,
    service_point_id: int,
    exchanged_date: datetime.date,
    final_milli: int,
    meter: NewMeter,
    initial_milli: int,
    evidence: str,
    today: datetime.date,
    further_final_milli: Mapping[str, int] | None = None,
) -> models.Installation:
    """
    Take a point's meter out and put another one in, with both readings and the evidence (MET-02).

    final_milli, initial_milli  what the main dials showed
    further_final_milli         what the further dials of the old meter showed, by channel; a dial that is left out
                                was not read, and its period will be held for review

    :raises UnableToPermit: if the actor may not record readings.
    :raises UnableToExchangeMeter: with code `evidence_missing`, `date_in_future`, `no_meter` (none is installed),
        `date_unfit` (not after the installation, or inside a computed consumption), `value_unfit` or
        `meter_elsewhere`.
    """
    actor.require(Permission.READING_RECORD)
    if not evidence.strip():
        raise UnableToExchangeMeter("evidence_missing", gettext("Name the evidence: the order, the photo, who saw it."))
    if exchanged_date > today:
        # The meter would hang where nobody can read it yet.
        raise UnableToExchangeMeter("date_in_future", gettext("The day lies in the future"))
    with acting(actor, reason=evidence):
        old = (
            models.Installation.objects.select_for_update()
            .filter(service_point_id=service_point_id, valid_during__endswith__isnull=True)
            .first()
        )
        if old is None:
            raise UnableToExchangeMeter("no_meter", gettext("No meter is installed at this point."))
        further = (*(further_final_milli or {}).values(), *meter.further_milli.values())
        _check_exchange(old, exchanged_date=exchanged_date, shown_milli=(final_milli, initial_milli, *further))
        new, _created = models.Meter.objects.get_or_create(
            make=meter.make, serial=meter.serial, defaults={"model": meter.model, "size": meter.size}
        )
        models.Register.objects.get_or_create(meter=new, channel="MAIN", defaults={"digits": meter.digits})
        if models.Installation.objects.filter(meter=new, valid_during__endswith__isnull=True).exists():
            raise UnableToExchangeMeter("meter_elsewhere", gettext("This meter is installed at another point."))
        old.valid_during = (old.valid_during.lower, exchanged_date)
        old.final_milli = final_milli
        old.save(update_fields=["valid_during", "final_milli"])
        for channel, shown_milli in (further_final_milli or {}).items():
            dial = models.Register.objects.get(meter=old.meter_id, channel=channel)
            models.FurtherDial.objects.update_or_create(
                installation=old, register=dial, defaults={"final_milli": shown_milli}
            )
        installed = models.Installation.objects.create(
            meter=new,
            service_point_id=service_point_id,
            valid_during=(exchanged_date, None),
            initial_milli=initial_milli,
            evidence=evidence,
        )
        for channel, shown_milli in meter.further_milli.items():
            dial, _created = models.Register.objects.get_or_create(
                meter=new, channel=channel, defaults={"digits": meter.digits}
            )
            models.FurtherDial.objects.create(installation=installed, register=dial, initial_milli=shown_milli)
        told = {"serial": new.serial, "service_point_id": service_point_id, "from_date": exchanged_date}
        announce(EventKind.METER_EXCHANGED, new.pk, actor=actor, old_meter_id=old.meter_id, **told)
        return installed


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliesTo:
    """Whom thresholds apply to; None for all. The months of a season are half-open, 1 to 13."""

    service_id: int | None = None
    category_id: int | None = None
    months: tuple[int, int] | None = None


def set_thresholds(
    *,
    actor: Actor,
    thresholds: Mapping[str, object],
    from_date: datetime.date,
    reason: str,
    applies_to: AppliesTo = AppliesTo(),  # frozen
) -> models.ThresholdRule:
    """
    Set the thresholds of the company, or of a category, a service or a season, from a day on (MET-06).

    thresholds  what differs from the more general rules; none at all makes an exception end

    Guarantee: what held before that day is kept; consumptions that are computed already stay as they were judged.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSetPolicy: with code `reason_missing`, `threshold_unfit` (unknown name, no sensible value, or how to
        estimate in an exception), `date_unfit` (a later rule follows) or `season_unfit` (months that are no season, or
        that overlap with another one of the same kind).
    """
    actor.require(Permission.SETTING_MANAGE)
    if not reason.strip():
        raise UnableToSetPolicy("reason_missing", gettext("Say why the thresholds are changed."))
    _check_thresholds(thresholds, applies_to=applies_to)
    months = applies_to.months
    if months is not None and not 1 <= months[0] < months[1] <= 13:
        sentence = gettext("A season over New Year is two: one up to December, one from January.")
        raise UnableToSetPolicy("season_unfit", sentence)
    with acting(actor, reason=reason):
        of_same = models.ThresholdRule.objects.select_for_update().filter(
            service_id=applies_to.service_id, category_id=applies_to.category_id
        )
        of_same = (
            of_same.filter(months__isnull=True) if months is None else of_same.filter(months=NumericRange(*months))
        )
        if of_same.filter(valid_during__startswith__gt=from_date).exists():
            raise UnableToSetPolicy("date_unfit", gettext("Later thresholds follow already."))
        told = {"thresholds": dict(thresholds), "reason": reason, "recorded_by": actor.name}
        current = of_same.filter(valid_during__contains=from_date).first()
        if current is not None and current.valid_during.lower == from_date:
            # Said twice for the same day: the audit keeps what was said first.
            models.ThresholdRule.objects.filter(pk=current.pk).update(**told)
            return models.ThresholdRule.objects.get(pk=current.pk)
        if current is not None:
            current.valid_during = (current.valid_during.lower, from_date)
            current.save(update_fields=["valid_during"])
        try:
            with transaction.atomic():
                return models.ThresholdRule.objects.create(
                    service_id=applies_to.service_id,
                    category_id=applies_to.category_id,
                    months=months,
                    valid_during=(from_date, None),
                    **told,
                )
        except IntegrityError as error:
            sentence = gettext("These months overlap with another season of the same kind.")
            raise UnableToSetPolicy("season_unfit", sentence) from error


def _check_thresholds(thresholds: Mapping[str, object], *, applies_to: AppliesTo) -> None:
    is_exception = applies_to != AppliesTo()
    try:
        to_policy(thresholds)
        if is_exception and (foreign := set(thresholds) - set(JUDGING)):
            raise PolicyUnfit(min(foreign))
    except PolicyUnfit as unfit:
        sentence = gettext("This threshold cannot be set so: %(name)s") % {"name": unfit.args[0]}
        raise UnableToSetPolicy("threshold_unfit", sentence, name=unfit.args[0]) from unfit


def _lock_cycle(cycle_id: int) -> None:
    """Let one computation of a cycle wait for the other; readings go on being recorded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('metering.cycle'), %s)", [cycle_id])


def _has_successor(consumption: models.Consumption) -> bool:
    return (
        models.Consumption.objects.filter(
            service_point_id=consumption.service_point_id, start_date__gte=consumption.end_date
        )
        .exclude(state=models.ConsumptionState.SUPERSEDED)
        .exists()
    )


def _check_exchange(old: models.Installation, *, exchanged_date: datetime.date, shown_milli: Sequence[int]) -> None:
    last = (
        models.Consumption.objects.filter(service_point_id=old.service_point_id)
        .exclude(state=models.ConsumptionState.SUPERSEDED)
        .order_by("-start_date")
        .first()
    )
    if exchanged_date <= old.valid_during.lower or (last is not None and exchanged_date < last.end_date):
        raise UnableToExchangeMeter(
            "date_unfit",
            gettext("The day lies before the installation or inside a computed consumption."),
            exchanged_date=exchanged_date.isoformat(),
        )
    if min(shown_milli) < 0:
        raise UnableToExchangeMeter("value_unfit", gettext("A dial never shows less than zero."))
