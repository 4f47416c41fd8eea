"""
Load what a run has to price: one row per agreement due, with everything that its price depends on.

One statement per batch reads the register, the terms, the consumption and the agreement's own history; its cost
depends on the batch and not on the size of the tables. What counts is what was in force on the last day to bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hydria.billing.models import BillingRun
from hydria.platform.bulk import read_columns

# An agreement is due when it is in force on some day of the period at a point of the cycle. A later run of the same
# period takes what no earlier one has billed.
DUE_AGREEMENTS = """
    FROM agreements_serviceagreement agreement
    JOIN premises_servicepoint point ON point.id = agreement.service_point_id
    JOIN premises_route route ON route.id = point.route_id
    WHERE route.cycle_id = %(cycle_id)s
      AND agreement.valid_during && daterange(%(start_date)s, %(end_date)s)
      AND (%(sequence)s = 1 OR NOT EXISTS (
          SELECT FROM billing_segment earlier
          WHERE earlier.agreement_id = agreement.id
            AND earlier.start_date < %(end_date)s AND earlier.end_date > %(start_date)s
            AND earlier.run_id <> %(run_id)s))
"""

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "agreement_id": pl.Int64,
    "account_id": pl.Int64,
    "service_point_id": pl.Int64,
    "is_metered": pl.Boolean,
    "start_date": pl.Date,
    "end_date": pl.Date,
    "service": pl.String,
    "sector": pl.String,
    "zone": pl.String,
    "category": pl.String,
    "tariff_code": pl.String,
    "tariff_version_id": pl.Int64,
    "extra_inputs": pl.String,
    "exemptions": pl.String,
    "units": pl.Int64,
    "units_by_category": pl.String,
    "meter_size": pl.String,
    "holder_id": pl.Int64,
    "holder_name": pl.String,
    "holder_tax_id": pl.String,
    "address": pl.String,
    "exclusion_reason": pl.String,
    "is_billed": pl.Boolean,
    "consumption_count": pl.Int64,
    "consumption_id": pl.Int64,
    "is_consumption_final": pl.Boolean,
    "quantity_milli": pl.Int64,
    "usual_minor": pl.Int64,
    "usual_days": pl.Int64,
    "history_count": pl.Int64,
}

_SELECT = f"""
WITH due AS MATERIALIZED (
    SELECT agreement.id AS agreement_id, agreement.account_id, agreement.service_point_id, point.is_metered,
           point.premise_id, point.service_id, route.sector_id,
           lower(agreement.valid_during) AS first_day,
           greatest(lower(agreement.valid_during), %(start_date)s) AS start_date,
           least(upper(agreement.valid_during), %(end_date)s) AS end_date
    {DUE_AGREEMENTS} AND {{accounts}}
), used AS MATERIALIZED (
    SELECT due.*, coalesce(consumption.count, 0) AS consumption_count, consumption.id AS consumption_id,
           coalesce(consumption.is_final, false) AS is_consumption_final,
           coalesce(consumption.quantity_milli, 0) AS quantity_milli,
           coalesce(consumption.start_date, due.start_date) AS billed_from,
           coalesce(consumption.end_date, due.end_date) AS billed_until
    FROM due
    LEFT JOIN LATERAL (
        SELECT count(*) AS count, min(id) AS id, bool_and(state = 'FINAL') AS is_final,
               sum(quantity_milli)::bigint AS quantity_milli, min(start_date) AS start_date, max(end_date) AS end_date
        FROM metering_consumption
        WHERE service_point_id = due.service_point_id AND state <> 'SUPERSEDED'
          AND start_date >= due.first_day AND end_date > due.start_date AND end_date <= due.end_date
        HAVING count(*) > 0
    ) consumption ON due.is_metered
)
SELECT used.agreement_id, used.account_id, used.service_point_id, used.is_metered, used.billed_from, used.billed_until,
       service.code, sector.code, zone.code, category.code, terms.tariff_code, version.version_id, terms.inputs::text,
       (SELECT json_agg(exemption.code)::text FROM agreements_exemption exemption
         WHERE exemption.agreement_id = used.agreement_id AND exemption.valid_during @> (used.billed_until - 1)),
       units.count, units.by_category, meter.size,
       holder.id, holder.name,
       (SELECT identifier.value FROM parties_partyidentifier identifier WHERE identifier.party_id = holder.id
         ORDER BY identifier.kind <> 'TAX', identifier.id LIMIT 1),
       coalesce(nullif(account.delivery_address, ''), premise.address),
       (SELECT exclusion.reason FROM agreements_billingexclusion exclusion
         WHERE exclusion.agreement_id = used.agreement_id AND exclusion.valid_during @> (used.billed_until - 1)),
       EXISTS (SELECT FROM billing_segment billed WHERE billed.agreement_id = used.agreement_id
         AND billed.start_date < used.billed_until AND billed.end_date > used.billed_from
         AND billed.run_id <> %(run_id)s),
       used.consumption_count, used.consumption_id, used.is_consumption_final, used.quantity_milli,
       usual.total_minor, usual.days, usual.count
FROM used
JOIN agreements_account account ON account.id = used.account_id
JOIN premises_premise premise ON premise.id = used.premise_id
JOIN premises_service service ON service.id = used.service_id
JOIN premises_sector sector ON sector.id = used.sector_id
JOIN premises_zone zone ON zone.id = sector.zone_id
LEFT JOIN agreements_agreementterms terms
       ON terms.agreement_id = used.agreement_id AND terms.valid_during @> (used.billed_until - 1)
LEFT JOIN premises_category category ON category.id = terms.category_id
LEFT JOIN tariffs_versioninforce version
       ON version.tariff_code = terms.tariff_code AND version.in_force_during @> (used.billed_until - 1)
LEFT JOIN agreements_accountparty holding
       ON holding.account_id = used.account_id AND holding.role = 'HOLDER'
      AND holding.valid_during @> (used.billed_until - 1)
LEFT JOIN parties_party holder ON holder.id = holding.party_id
LEFT JOIN metering_installation installation
       ON installation.service_point_id = used.service_point_id
      AND installation.valid_during @> (used.billed_until - 1)
LEFT JOIN metering_meter meter ON meter.id = installation.meter_id
LEFT JOIN LATERAL (
    SELECT sum(counted.unit_count)::bigint AS count,
           json_object_agg(unit_category.code, counted.unit_count)::text AS by_category
    FROM premises_pointunits counted JOIN premises_category unit_category ON unit_category.id = counted.category_id
    -- An array and bounds spelled out, so that the exclusion constraint's index is not used: it is several times slower.
    WHERE counted.service_point_id = ANY (ARRAY[used.service_point_id])
      AND lower(counted.valid_during) < used.billed_until
      AND coalesce(upper(counted.valid_during), 'infinity') >= used.billed_until
) units ON true
LEFT JOIN LATERAL (
    SELECT coalesce(sum(last.total_minor), 0)::bigint AS total_minor,
           coalesce(sum(last.end_date - last.start_date), 0)::bigint AS days, count(*) AS count
    FROM (SELECT total_minor, start_date, end_date FROM billing_segment
           WHERE agreement_id = used.agreement_id AND start_date < used.billed_from
           ORDER BY start_date DESC LIMIT %(history_count)s) last
) usual ON true
ORDER BY used.account_id, used.agreement_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRange:
    """Name the accounts of a chunk: ids in `[first_id, end_id)`."""

    first_id: int
    end_id: int


def load_due(*, run: BillingRun, accounts: AccountRange | Sequence[int], history_count: int) -> pl.DataFrame:
    """
    Return one row per agreement due of the accounts, ordered by account and agreement.

    columns  as in `_COLUMNS`; what the register lacks is null. `start_date` and `end_date` are the days to bill:
             those of the consumption where the point is metered, else the days agreed inside the period
    """
    if isinstance(accounts, AccountRange):
        condition = "agreement.account_id >= %(first_id)s AND agreement.account_id < %(end_id)s"
        chosen: dict[str, object] = {"first_id": accounts.first_id, "end_id": accounts.end_id}
    else:
        condition, chosen = "agreement.account_id = ANY(%(account_ids)s)", {"account_ids": list(accounts)}
    parameters = {**due_parameters(run), **chosen, "history_count": history_count}
    return read_columns(_SELECT.format(accounts=condition), parameters, schema=_COLUMNS)


def due_parameters(run: BillingRun) -> dict[str, object]:
    """Return the parameters of `DUE_AGREEMENTS`."""
    return {
        "cycle_id": run.period.cycle_id,
        "start_date": run.period.start_date,
        "end_date": run.period.end_date,
        "sequence": run.sequence,
        "run_id": run.pk,
    }
