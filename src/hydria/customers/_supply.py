"""The last reading of a supply that ends or changes hands, and what stands in the way of it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.metering import operations as metering
from hydria.metering import queries as metering_queries
from hydria.metering.operations import NewReadings, ReadingSource, RecordedStatus
from hydria.platform.access import Actor, Permission
from hydria.platform.transactions import in_transaction

Dials = Mapping[int, int]
"""What each dial shows, in thousandths, by register id."""


class UnableToTakeFinalReading(UnableTo):
    """The supply cannot end on that day with these readings."""


@in_transaction
def read_for_the_last_time(
    *, actor: Actor, service_point_id: int, on_date: datetime.date, shown_milli: Dials, today: datetime.date
) -> None:
    """
    Record what the dials of a point show on the day when its customer leaves.

    The right to make the change brings the right to take the reading that belongs to it.

    :raises UnableToTakeFinalReading: with code `reading_missing`, `consumption_computed` (measured and perhaps billed
        beyond that day already) or the status that the reading was refused with.
    """
    later = metering_queries.list_consumptions(service_point_ids=[service_point_id], from_date=on_date)
    if later[service_point_id]:
        end_date = later[service_point_id][-1].end_date
        raise UnableToTakeFinalReading(
            "consumption_computed",
            _("The consumption is computed up to %(day)s already; choose that day or a later one.")
            % {"day": end_date.isoformat()},
            end_date=end_date.isoformat(),
        )
    dials = metering_queries.list_dials(service_point_id=service_point_id, on_date=on_date)
    if {dial.register_id for dial in dials} - shown_milli.keys():
        raise UnableToTakeFinalReading("reading_missing", _("Say what the meter shows on that day."))
    if not dials:
        return
    rows = metering.record_readings(
        actor=dataclasses.replace(actor, permissions=actor.permissions | {Permission.READING_RECORD}),
        readings=NewReadings(
            register_ids=[dial.register_id for dial in dials],
            read_dates=[on_date] * len(dials),
            values_milli=[shown_milli[dial.register_id] for dial in dials],
            observations=[""] * len(dials),
            source=ReadingSource.DESK,
            reader=actor.name,
        ),
        today=today,
    )
    for row in rows:
        if row.status not in (RecordedStatus.ACCEPTED, RecordedStatus.REPEATED):
            raise UnableToTakeFinalReading(str(row.status).lower(), _SENTENCES[row.status]())


_SENTENCES = {
    RecordedStatus.CONFLICT: lambda: _("Another value was read on that day; correct that reading first."),
    RecordedStatus.DATE_IN_FUTURE: lambda: _("A meter is not read on a day to come."),
    RecordedStatus.BEYOND_DIAL: lambda: _("The dial cannot show this value."),
    RecordedStatus.NOT_INSTALLED: lambda: _("The meter was not there on that day."),
    RecordedStatus.UNKNOWN_REGISTER: lambda: _("There is no such dial."),
    RecordedStatus.WITHOUT_VALUE: lambda: _("Say what the meter shows on that day."),
}
