"""Sum up a run as it stands (BIL-11): by charge, by category, by service, in three statements over its rows."""

from __future__ import annotations

import json

from django.db import connection

from hydria.billing.domain.summary import BillingSummary, Share
from hydria.billing.models import BillingRun

# One label may stand in several tariffs: it is the same charge to whoever reads the sums, under its first name.
_CHARGES = """
    SELECT charge.label, (array_agg(charge.texts ORDER BY charge.id))[1]::text, sum(part.count)::bigint, sum(part.amount)::bigint
    FROM (SELECT line.charge_id, count(*) AS count, sum(line.amount_minor) AS amount
          FROM billing_invoice invoice JOIN billing_line line ON line.invoice_id = invoice.id
          WHERE invoice.run_id = %(run_id)s GROUP BY line.charge_id) AS part
    JOIN tariffs_versioncharge charge ON charge.id = part.charge_id
    GROUP BY charge.label ORDER BY min(charge.position), charge.label
"""

_AGREEMENTS = """
    SELECT category.code, category.name, service.code, service.name, sum(part.count)::bigint, sum(part.amount)::bigint,
        sum(part.quantity)::bigint, sum(part.estimated)::bigint, sum(part.unused)::bigint
    FROM (SELECT terms.category_id, point.service_id, count(*) AS count, sum(segment.total_minor) AS amount,
            sum(segment.quantity_milli) AS quantity, count(*) FILTER (WHERE used.kind = 'ESTIMATED') AS estimated,
            count(*) FILTER (WHERE used.id IS NOT NULL AND segment.quantity_milli = 0) AS unused
          FROM billing_segment segment
          JOIN premises_servicepoint point ON point.id = segment.service_point_id
          JOIN agreements_agreementterms terms ON terms.agreement_id = segment.agreement_id
            AND terms.valid_during @> (segment.end_date - 1)
          LEFT JOIN metering_consumption used ON used.id = segment.consumption_id
          WHERE segment.run_id = %(run_id)s GROUP BY terms.category_id, point.service_id) AS part
    JOIN premises_category category ON category.id = part.category_id
    JOIN premises_service service ON service.id = part.service_id
    GROUP BY category.code, category.name, service.code, service.name ORDER BY 6 DESC, 1, 3
"""

_INVOICES = "SELECT count(*), coalesce(sum(total_minor), 0)::bigint FROM billing_invoice WHERE run_id = %(run_id)s"


def summarize_run(run: BillingRun) -> BillingSummary:
    """Sum up the invoices or drafts of a run."""
    with connection.cursor() as cursor:
        cursor.execute(_INVOICES, {"run_id": run.pk})
        invoice_count, total_minor = cursor.fetchone()
        cursor.execute(_CHARGES, {"run_id": run.pk})
        charges = [
            Share(code=label, names=tuple(sorted(json.loads(texts).items())), count=count, amount_minor=amount_minor)
            for label, texts, count, amount_minor in cursor.fetchall()
        ]
        cursor.execute(_AGREEMENTS, {"run_id": run.pk})
        agreements = cursor.fetchall()
    return BillingSummary(
        invoice_count=invoice_count,
        total_minor=total_minor,
        charges=tuple(charges),
        categories=_shares(agreements, place=0),
        services=_shares(agreements, place=2),
    )


def _shares(rows: list[tuple[object, ...]], *, place: int) -> tuple[Share, ...]:
    """Add up the rows that agree in the code at `place`; its name stands beside it."""
    names = dict.fromkeys((row[place], row[place + 1]) for row in rows)
    return tuple(
        Share(
            code=str(code),
            names=(("", str(name)),),
            **{
                figure: sum(int(str(row[column])) for row in rows if row[place] == code)
                for column, figure in enumerate(
                    ("count", "amount_minor", "quantity_milli", "estimated_count", "unused_count"), start=4
                )
            },
        )
        for code, name in names
    )
