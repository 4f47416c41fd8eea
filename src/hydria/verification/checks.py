"""
The invariants as SQL: for each, how many things there are to check and which of them break it.

`checked` returns one number. `violations` returns one row per violation, each a single JSON value that names it;
an empty result proves the invariant. Identifiers I1..I13 are those of the domain page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One invariant: its name as a sentence, what is counted and what breaks it."""

    invariant: str
    checked: str
    violations: str


def _bulk_reference(child: str, column: str, parent: str) -> Check:
    """Return the set-based stand-in for a foreign key that a bulk table leaves out."""
    return Check(
        invariant=f"Every {child}.{column} points at a row of {parent}",
        checked=f"SELECT count(*) FROM {child} WHERE {column} IS NOT NULL",
        violations=f"""
            SELECT jsonb_build_object('{column}', c.{column}) FROM {child} c
            WHERE c.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM {parent} p WHERE p.id = c.{column})""",
    )


POSTED_TABLES = (
    "ledger_journal",
    "ledger_entry",
    "receivables_item",
    "receivables_allocation",
    "payments_payment",
    "payments_tender",
    "payments_paymentbatch",
    "concessions_grantevent",
    "concessions_use",
    "concessions_discount",
    "fees_quotedline",
    "fees_instalment",
    "platform_auditentry",
    "platform_auditseal",
)

REGISTER_CHECKS = (
    Check(
        invariant="I1 Every agreement has terms on each of its days",
        checked="SELECT count(*) FROM agreements_serviceagreement",
        violations="""
            SELECT jsonb_build_object('agreement', a.number, 'lacks', (a.span - a.covered)::text)
            FROM (
                SELECT a.number, datemultirange(a.valid_during) AS span,
                    coalesce(range_agg(t.valid_during) FILTER (WHERE t.id IS NOT NULL), datemultirange()) AS covered
                FROM agreements_serviceagreement a
                LEFT JOIN agreements_agreementterms t ON t.agreement_id = a.id
                GROUP BY a.id
            ) a WHERE NOT a.span <@ a.covered""",
    ),
    Check(
        invariant="I1 Every account with an agreement has a holder on each of its days",
        checked="SELECT count(*) FROM agreements_serviceagreement",
        violations="""
            SELECT jsonb_build_object('agreement', a.number, 'lacks', (a.span - a.covered)::text)
            FROM (
                SELECT a.number, datemultirange(a.valid_during) AS span,
                    coalesce(range_agg(p.valid_during) FILTER (WHERE p.id IS NOT NULL), datemultirange()) AS covered
                FROM agreements_serviceagreement a
                LEFT JOIN agreements_accountparty p ON p.account_id = a.account_id AND p.role = 'HOLDER'
                GROUP BY a.id
            ) a WHERE NOT a.span <@ a.covered""",
    ),
)

BILLING_CHECKS = (
    Check(
        invariant="I2 Every agreement due in a run is billed, excluded with reason, or parked with owner",
        checked="SELECT coalesce(sum(due_count), 0) FROM billing_billingrun WHERE state IN ('DRAFT', 'CONFIRMED')",
        violations="""
            SELECT jsonb_build_object('run', r.id, 'due', r.due_count, 'billed', s.billed, 'set_aside', e.set_aside)
            FROM billing_billingrun r
            CROSS JOIN LATERAL (SELECT count(*) AS billed FROM billing_segment WHERE run_id = r.id) s
            CROSS JOIN LATERAL (SELECT count(*) AS set_aside FROM billing_runexception WHERE run_id = r.id) e
            WHERE r.state IN ('DRAFT', 'CONFIRMED') AND r.due_count <> s.billed + e.set_aside""",
    ),
    Check(
        invariant="I3 Every billed quantity is that of its final consumption, in exactly one segment",
        checked="SELECT count(*) FROM billing_segment WHERE consumption_id IS NOT NULL",
        violations="""
            SELECT jsonb_build_object('segment', s.id, 'billed', s.quantity_milli, 'final', c.quantity_milli,
                'state', c.state)
            FROM billing_segment s
            JOIN metering_consumption c ON c.id = s.consumption_id
            JOIN billing_billingrun r ON r.id = s.run_id
            WHERE c.quantity_milli IS DISTINCT FROM s.quantity_milli OR (r.state = 'CONFIRMED' AND c.state <> 'FINAL')
            UNION ALL
            SELECT jsonb_build_object('consumption', consumption_id, 'segments', count(*)) FROM billing_segment
            WHERE consumption_id IS NOT NULL GROUP BY consumption_id HAVING count(*) > 1""",
    ),
    Check(
        invariant="I4 Every invoice equals its lines, and its segments with its fees",
        checked="SELECT count(*) FROM billing_invoice",
        violations="""
            SELECT jsonb_build_object('invoice', i.id, 'total_minor', i.total_minor, 'lines_minor', l.amount,
                'segments_minor', s.amount, 'fees_minor', l.fees)
            FROM billing_invoice i
            LEFT JOIN (SELECT l.invoice_id, sum(l.amount_minor) AS amount,
                    coalesce(sum(l.amount_minor) FILTER (WHERE l.segment_id IS NULL), 0) AS fees FROM billing_line l
                JOIN tariffs_versioncharge c ON c.id = l.charge_id WHERE NOT c.is_memo GROUP BY l.invoice_id) l
                ON l.invoice_id = i.id
            LEFT JOIN (SELECT invoice_id, sum(total_minor) AS amount FROM billing_segment GROUP BY invoice_id) s
                ON s.invoice_id = i.id
            WHERE i.total_minor <> coalesce(l.amount, 0)
               OR i.total_minor <> coalesce(s.amount, 0) + coalesce(l.fees, 0)""",
    ),
    Check(
        invariant="I4 Every numbered invoice equals its receivable items",
        checked="SELECT count(*) FROM billing_invoicenumber",
        violations="""
            SELECT jsonb_build_object('invoice', n.code, 'total_minor', i.total_minor, 'items_minor', t.amount)
            FROM billing_invoicenumber n JOIN billing_invoice i ON i.id = n.invoice_id
            LEFT JOIN (SELECT source_id, sum(CASE side WHEN 'OWED' THEN amount_minor ELSE -amount_minor END) AS amount
                FROM receivables_item WHERE kind = 'INVOICE' GROUP BY source_id) t ON t.source_id = i.id
            WHERE i.total_minor <> coalesce(t.amount, 0)""",
    ),
    Check(
        invariant="I4 Every confirmed run equals its journal",
        checked="SELECT count(*) FROM billing_billingrun WHERE state = 'CONFIRMED'",
        violations="""
            SELECT jsonb_build_object('run', r.id, 'invoices_minor', i.amount, 'journal_minor', e.amount)
            FROM billing_billingrun r
            CROSS JOIN LATERAL (SELECT coalesce(sum(total_minor), 0) AS amount FROM billing_invoice
                WHERE run_id = r.id) i
            CROSS JOIN LATERAL (SELECT coalesce(sum(e.debit_minor - e.credit_minor), 0) AS amount
                FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id
                JOIN ledger_ledgeraccount a ON a.id = e.ledger_account_id
                WHERE j.source_kind = 'billing_run' AND j.source_id = r.id AND a.route = 'receivable') e
            WHERE r.state = 'CONFIRMED' AND i.amount <> e.amount""",
    ),
    Check(
        invariant="I4 Every invoice without a run equals its journal",
        checked="SELECT count(*) FROM billing_invoice WHERE run_id IS NULL",
        violations="""
            SELECT jsonb_build_object('invoice', i.id, 'total_minor', i.total_minor, 'journal_minor', e.amount)
            FROM billing_invoice i
            CROSS JOIN LATERAL (SELECT coalesce(sum(e.debit_minor - e.credit_minor), 0) AS amount
                FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id
                JOIN ledger_ledgeraccount a ON a.id = e.ledger_account_id
                WHERE j.source_kind = 'invoice' AND j.source_id = i.id AND a.route = 'receivable') e
            WHERE i.run_id IS NULL AND i.total_minor <> e.amount""",
    ),
    Check(
        invariant="Every invoice of a confirmed run has its number, and no draft has one",
        checked="SELECT count(*) FROM billing_invoice",
        violations="""
            SELECT jsonb_build_object('invoice', i.id, 'run_state', r.state)
            FROM billing_invoice i LEFT JOIN billing_billingrun r ON r.id = i.run_id
            LEFT JOIN billing_invoicenumber n ON n.invoice_id = i.id
            WHERE (i.run_id IS NULL OR r.state = 'CONFIRMED') <> (n.invoice_id IS NOT NULL)""",
    ),
    Check(
        invariant="Every range of invoice numbers was given out without a gap",
        checked="SELECT count(*) FROM platform_numberseries s WHERE EXISTS"
        " (SELECT FROM billing_invoicenumber n WHERE n.series_id = s.id)",
        violations="""
            SELECT jsonb_build_object('series', s.id, 'given', s.next_number - s.first_number, 'found', n.found)
            FROM platform_numberseries s
            JOIN (SELECT series_id, count(*) AS found, min(number) AS low, max(number) AS high
                FROM billing_invoicenumber GROUP BY series_id) n ON n.series_id = s.id
            WHERE n.found <> s.next_number - s.first_number OR n.low <> s.first_number
                OR n.high <> s.next_number - 1""",
    ),
)

MONEY_CHECKS = (
    Check(
        invariant="Every journal balances",
        checked="SELECT count(*) FROM ledger_journal",
        violations="""
            SELECT jsonb_build_object('journal', j.id, 'difference_minor', coalesce(sum(e.debit_minor - e.credit_minor), 0))
            FROM ledger_journal j LEFT JOIN ledger_entry e ON e.journal_id = j.id
            GROUP BY j.id HAVING coalesce(sum(e.debit_minor - e.credit_minor), 0) <> 0 OR count(e.id) = 0""",
    ),
    Check(
        invariant="I5 The accounts together equal the control account, on each day",
        checked="SELECT count(DISTINCT effective_date) FROM receivables_item",
        violations="""
            SELECT jsonb_build_object('day', day, 'items_minor', coalesce(i.amount, 0),
                'ledger_minor', coalesce(l.amount, 0))
            FROM (SELECT effective_date AS day,
                    sum(CASE side WHEN 'OWED' THEN amount_minor ELSE -amount_minor END) AS amount
                FROM receivables_item GROUP BY effective_date) i
            FULL JOIN (SELECT j.effective_date AS day, sum(e.debit_minor - e.credit_minor) AS amount
                FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id
                JOIN ledger_ledgeraccount a ON a.id = e.ledger_account_id
                WHERE a.route = 'receivable' GROUP BY j.effective_date) l USING (day)
            WHERE coalesce(i.amount, 0) <> coalesce(l.amount, 0)""",
    ),
    Check(
        invariant="I6 No posted row can be updated or deleted",
        checked="SELECT count(*) FROM unnest(%(posted_tables)s::text[])",
        violations="""
            SELECT jsonb_build_object('table', t.name) FROM unnest(%(posted_tables)s::text[]) AS t(name)
            WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = to_regclass(t.name)
                AND g.tgname = 'posted_row_is_never_changed' AND g.tgenabled <> 'D')""",
    ),
    Check(
        invariant="I7 Every payment equals its tenders and has its receivable item",
        checked="SELECT count(*) FROM payments_payment",
        violations="""
            SELECT jsonb_build_object('payment', p.receipt_code, 'amount_minor', p.amount_minor,
                'tenders_minor', t.amount, 'item_minor', i.amount)
            FROM payments_payment p
            LEFT JOIN (SELECT payment_id, sum(amount_minor) AS amount FROM payments_tender GROUP BY payment_id) t
                ON t.payment_id = p.id
            LEFT JOIN (SELECT source_id, kind, sum(amount_minor) AS amount FROM receivables_item
                WHERE kind IN ('PAYMENT', 'PAYMENT_REVERSAL') GROUP BY source_id, kind) i
                ON i.source_id = p.id
                AND i.kind = CASE WHEN p.reverses_id IS NULL THEN 'PAYMENT' ELSE 'PAYMENT_REVERSAL' END
            WHERE p.amount_minor IS DISTINCT FROM t.amount OR p.amount_minor IS DISTINCT FROM i.amount""",
    ),
    Check(
        invariant="No item is settled beyond its amount, and no allocation crosses accounts",
        checked="SELECT count(*) FROM receivables_item",
        violations="""
            WITH live AS (
                SELECT owed_item_id, held_item_id,
                    CASE WHEN reverses_id IS NULL THEN amount_minor ELSE -amount_minor END AS amount
                FROM receivables_allocation)
            SELECT jsonb_build_object('item', i.id, 'amount_minor', i.amount_minor, 'settled_minor', s.amount)
            FROM receivables_item i
            JOIN (SELECT item_id, sum(amount) AS amount FROM (
                    SELECT owed_item_id AS item_id, amount FROM live UNION ALL SELECT held_item_id, amount FROM live
                ) both_sides GROUP BY item_id) s ON s.item_id = i.id
            WHERE s.amount > i.amount_minor OR s.amount < 0
            UNION ALL
            SELECT jsonb_build_object('allocation', a.id, 'owed_account', o.account_id, 'held_account', h.account_id)
            FROM receivables_allocation a
            JOIN receivables_item o ON o.id = a.owed_item_id JOIN receivables_item h ON h.id = a.held_item_id
            WHERE o.account_id <> h.account_id OR o.side <> 'OWED' OR h.side <> 'HELD'""",
    ),
    Check(
        invariant="What is kept as open of each item is what its allocations leave",
        checked="SELECT count(*) FROM receivables_openitem",
        violations="""
            WITH live AS (
                SELECT owed_item_id, held_item_id,
                    CASE WHEN reverses_id IS NULL THEN amount_minor ELSE -amount_minor END AS amount
                FROM receivables_allocation),
            settled AS (SELECT item_id, sum(amount) AS amount FROM (
                    SELECT owed_item_id AS item_id, amount FROM live UNION ALL SELECT held_item_id, amount FROM live
                ) both_sides GROUP BY item_id)
            SELECT jsonb_build_object('item', i.id, 'kept_minor', coalesce(o.open_minor, 0),
                'left_minor', i.amount_minor - coalesce(s.amount, 0))
            FROM receivables_item i
            LEFT JOIN settled s ON s.item_id = i.id
            FULL JOIN receivables_openitem o ON o.item_id = i.id
            WHERE i.id IS NULL OR coalesce(o.open_minor, 0) <> i.amount_minor - coalesce(s.amount, 0)""",
    ),
    Check(
        invariant="I10 Every correction names its cause and its actor",
        checked="SELECT (SELECT count(*) FROM payments_payment WHERE reverses_id IS NOT NULL)"
        " + (SELECT count(*) FROM metering_reading WHERE supersedes_id IS NOT NULL)",
        violations="""
            SELECT jsonb_build_object('payment', receipt_code) FROM payments_payment
            WHERE reverses_id IS NOT NULL AND (reason = '' OR taken_by = '')
            UNION ALL
            SELECT jsonb_build_object('reading', id) FROM metering_reading
            WHERE supersedes_id IS NOT NULL AND (reason = '' OR recorded_by = '')""",
    ),
)

FEE_CHECKS = (
    Check(
        invariant="Every quotation equals its lines and, once accepted, its instalments",
        checked="SELECT count(*) FROM fees_quotation",
        violations="""
            SELECT jsonb_build_object('quotation', q.code, 'total_minor', q.total_minor, 'lines_minor', l.amount,
                'instalments_minor', p.amount)
            FROM fees_quotation q
            LEFT JOIN (SELECT quotation_id, sum(amount_minor) AS amount FROM fees_quotedline GROUP BY quotation_id) l
                ON l.quotation_id = q.id
            LEFT JOIN (SELECT quotation_id, sum(amount_minor) AS amount, count(*) AS count
                FROM fees_instalment GROUP BY quotation_id) p ON p.quotation_id = q.id
            WHERE q.total_minor <> coalesce(l.amount, 0)
               OR (p.count IS NOT NULL AND (q.total_minor <> p.amount OR p.count <> q.instalment_count))
               OR (q.state = 'ACCEPTED' AND p.count IS NULL)""",
    ),
    Check(
        invariant="Every instalment that is billed is billed in full, to the account that accepted it",
        checked="SELECT count(DISTINCT instalment_id) FROM billing_line WHERE instalment_id IS NOT NULL",
        violations="""
            SELECT jsonb_build_object('quotation', q.code, 'instalment', p.position, 'amount_minor', p.amount_minor,
                'billed_minor', b.amount)
            FROM (SELECT l.instalment_id, l.invoice_id, sum(l.amount_minor) AS amount FROM billing_line l
                WHERE l.instalment_id IS NOT NULL AND l.mirrors_id IS NULL GROUP BY 1, 2) b
            JOIN billing_invoice i ON i.id = b.invoice_id
            LEFT JOIN fees_instalment p ON p.id = b.instalment_id
            LEFT JOIN fees_quotation q ON q.id = p.quotation_id
            WHERE b.amount IS DISTINCT FROM p.amount_minor OR i.account_id IS DISTINCT FROM q.account_id""",
    ),
    Check(
        invariant="Every fee that is cancelled has all its invoiced lines taken back, to the cent",
        checked="SELECT count(*) FROM billing_line WHERE mirrors_id IS NOT NULL",
        violations="""
            SELECT jsonb_build_object('quotation', q.code, 'line', l.id, 'amount_minor', l.amount_minor,
                'taken_back_minor', m.amount_minor)
            FROM fees_quotation q
            JOIN fees_instalment p ON p.quotation_id = q.id
            JOIN billing_line l ON l.instalment_id = p.id AND l.mirrors_id IS NULL
            JOIN billing_invoicenumber n ON n.invoice_id = l.invoice_id
            LEFT JOIN billing_line m ON m.mirrors_id = l.id
            WHERE (q.state = 'CANCELLED' AND m.id IS NULL) OR (m.id IS NOT NULL AND q.state <> 'CANCELLED')
               OR m.amount_minor <> -l.amount_minor""",
    ),
)

CONCESSION_CHECKS = (
    Check(
        invariant="What each run used of a program is the sum of its lines",
        checked="SELECT count(*) FROM concessions_use WHERE source_kind = 'billing_run'",
        violations="""
            WITH billed AS (
                SELECT i.run_id, p.id AS program_id, -sum(l.amount_minor) AS amount
                FROM concessions_program p
                JOIN tariffs_versioncharge c ON c.route = 'discount.' || p.code
                JOIN billing_line l ON l.charge_id = c.id
                JOIN billing_invoice i ON i.id = l.invoice_id
                JOIN billing_billingrun r ON r.id = i.run_id AND r.state = 'CONFIRMED'
                GROUP BY i.run_id, p.id)
            SELECT jsonb_build_object('run', coalesce(b.run_id, u.source_id), 'lines_minor', coalesce(b.amount, 0),
                'used_minor', coalesce(u.amount_minor, 0))
            FROM billed b
            FULL JOIN (SELECT * FROM concessions_use WHERE source_kind = 'billing_run') u
                ON u.source_id = b.run_id AND u.program_id = b.program_id
            WHERE coalesce(b.amount, 0) <> coalesce(u.amount_minor, 0)""",
    ),
    Check(
        invariant="Every line of a program was granted, or goes with its category",
        checked="""
            SELECT count(*) FROM concessions_program p
            JOIN tariffs_versioncharge c ON c.route = 'discount.' || p.code
            JOIN billing_line l ON l.charge_id = c.id""",
        violations="""
            SELECT jsonb_build_object('line', l.id, 'agreement', s.agreement_id, 'program', p.code)
            FROM concessions_program p
            JOIN tariffs_versioncharge c ON c.route = 'discount.' || p.code
            JOIN billing_line l ON l.charge_id = c.id
            JOIN billing_segment s ON s.id = l.segment_id
            WHERE NOT EXISTS (SELECT FROM concessions_grant g WHERE g.agreement_id = s.agreement_id
                AND g.program_id = p.id AND g.granted_during @> (s.end_date - 1))
              AND NOT EXISTS (SELECT FROM agreements_agreementterms t JOIN premises_category k ON k.id = t.category_id
                WHERE t.agreement_id = s.agreement_id AND t.valid_during @> (s.end_date - 1)
                AND k.code = ANY(p.categories))""",
    ),
    Check(
        invariant="Every discount is its item, its journal and its use",
        checked="SELECT count(*) FROM concessions_discount",
        violations="""
            SELECT jsonb_build_object('discount', d.code, 'amount_minor', d.amount_minor, 'item_minor', i.amount_minor,
                'journal_minor', e.amount, 'used_minor', u.amount_minor)
            FROM concessions_discount d
            LEFT JOIN receivables_item i ON i.source_id = d.id
                AND i.kind = CASE WHEN d.reverses_id IS NULL THEN 'DISCOUNT' ELSE 'DISCOUNT_REVERSAL' END
            LEFT JOIN concessions_use u ON u.source_kind = 'discount' AND u.source_id = d.id
            LEFT JOIN LATERAL (SELECT sum(e.debit_minor) AS amount FROM ledger_journal j
                JOIN ledger_entry e ON e.journal_id = j.id
                WHERE j.source_kind IN ('discount', 'discount_reversal') AND j.source_id = d.id) e ON true
            WHERE d.amount_minor IS DISTINCT FROM i.amount_minor OR d.amount_minor IS DISTINCT FROM e.amount
                OR u.amount_minor IS DISTINCT FROM CASE WHEN d.reverses_id IS NULL THEN d.amount_minor
                    ELSE -d.amount_minor END""",
    ),
    Check(
        invariant="No fund has given or committed more than its budget",
        checked="SELECT count(*) FROM concessions_fundbudget",
        violations="""
            SELECT jsonb_build_object('fund', f.code, 'budget_minor', b.budget_minor, 'taken_minor', t.amount)
            FROM concessions_fundbudget b
            JOIN concessions_fund f ON f.id = b.fund_id
            CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS amount FROM (
                    SELECT fund_id, on_date, amount_minor FROM concessions_use
                    UNION ALL SELECT fund_id, on_date, amount_minor FROM concessions_commitment) taken
                WHERE taken.fund_id = b.fund_id AND b.valid_during @> taken.on_date) t
            WHERE t.amount > b.budget_minor""",
    ),
)

METERING_CHECKS = (
    Check(
        invariant="Every superseded reading has exactly one successor, every live one none",
        checked="SELECT count(*) FROM metering_reading",
        violations="""
            SELECT jsonb_build_object('reading', r.id, 'successors', count(n.id))
            FROM metering_reading r LEFT JOIN metering_reading n ON n.supersedes_id = r.id
            GROUP BY r.id HAVING (r.is_live AND count(n.id) > 0) OR (NOT r.is_live AND count(n.id) <> 1)""",
    ),
    Check(
        invariant="No final consumption has an open finding that blocks it",
        checked="SELECT count(*) FROM metering_finding WHERE state = 'OPEN'",
        violations="""
            SELECT jsonb_build_object('finding', f.id, 'code', f.code) FROM metering_finding f
            JOIN metering_consumption c ON c.id = f.consumption_id
            WHERE f.state = 'OPEN' AND f.severity = 'BLOCK' AND c.state = 'FINAL'""",
    ),
    Check(
        invariant="Live consumptions of a point never overlap",
        checked="SELECT count(*) FROM metering_consumption WHERE state <> 'SUPERSEDED'",
        violations="""
            SELECT jsonb_build_object('point', service_point_id, 'start', start_date) FROM (
                SELECT service_point_id, start_date, end_date,
                    lead(start_date) OVER (PARTITION BY service_point_id ORDER BY start_date) AS next_start
                FROM metering_consumption WHERE state <> 'SUPERSEDED') c
            WHERE next_start < end_date""",
    ),
)

TARIFF_CHECKS = (
    Check(
        invariant="I13 Nobody has approved or published a tariff that they have written",
        checked="SELECT count(*) FROM tariffs_versionevent WHERE act IN ('APPROVED', 'PUBLISHED')",
        violations="""
            SELECT jsonb_build_object('version', decided.version_id, 'actor', decided.actor)
            FROM tariffs_versionevent decided
            JOIN tariffs_versionevent written ON written.version_id = decided.version_id AND written.act = 'WRITTEN'
             AND (written.actor = decided.actor OR written.actor_user_id = decided.actor_user_id)
            WHERE decided.act IN ('APPROVED', 'PUBLISHED') AND written.id < decided.id""",
    ),
    Check(
        invariant="Every tariff version has the text and the day that its events gave it",
        checked="SELECT count(*) FROM tariffs_tariffversion",
        violations="""
            SELECT jsonb_build_object('version', version.id, 'state', version.state)
            FROM tariffs_tariffversion version
            LEFT JOIN LATERAL (
                SELECT text, text_hash FROM tariffs_versionevent
                WHERE version_id = version.id AND act IN ('WRITTEN', 'INSTALLED') ORDER BY id DESC LIMIT 1
            ) kept ON true
            LEFT JOIN LATERAL (
                SELECT from_date FROM tariffs_versionevent
                WHERE version_id = version.id AND from_date IS NOT NULL ORDER BY id DESC LIMIT 1
            ) begun ON true
            WHERE (version.text, version.text_hash) IS DISTINCT FROM (kept.text, kept.text_hash)
               OR version.text_hash <> encode(sha256(convert_to(version.text, 'UTF8')), 'hex')
               OR version.from_date IS DISTINCT FROM begun.from_date""",
    ),
)

REFERENCE_CHECKS = (
    _bulk_reference("metering_reading", "register_id", "metering_register"),
    _bulk_reference("metering_consumption", "service_point_id", "premises_servicepoint"),
    _bulk_reference("metering_consumption", "previous_reading_id", "metering_reading"),
    _bulk_reference("metering_consumption", "current_reading_id", "metering_reading"),
    _bulk_reference("metering_finding", "consumption_id", "metering_consumption"),
    _bulk_reference("receivables_item", "account_id", "agreements_account"),
    _bulk_reference("billing_invoice", "account_id", "agreements_account"),
    _bulk_reference("billing_invoice", "run_id", "billing_billingrun"),
    _bulk_reference("billing_segment", "invoice_id", "billing_invoice"),
    _bulk_reference("billing_segment", "agreement_id", "agreements_serviceagreement"),
    _bulk_reference("billing_segment", "tariff_version_id", "tariffs_tariffversion"),
    _bulk_reference("billing_line", "invoice_id", "billing_invoice"),
    _bulk_reference("billing_line", "segment_id", "billing_segment"),
    _bulk_reference("billing_line", "charge_id", "tariffs_versioncharge"),
    _bulk_reference("billing_line", "instalment_id", "fees_instalment"),
    _bulk_reference("billing_line", "mirrors_id", "billing_line"),
    _bulk_reference("billing_invoice", "credits_id", "billing_invoice"),
)

CHECKS = (
    *REGISTER_CHECKS,
    *METERING_CHECKS,
    *BILLING_CHECKS,
    *FEE_CHECKS,
    *CONCESSION_CHECKS,
    *TARIFF_CHECKS,
    *MONEY_CHECKS,
    *REFERENCE_CHECKS,
)
