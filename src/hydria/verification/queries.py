"""Run the checks and say what they found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from hydria.platform import audit
from hydria.verification.checks import CHECKS, POSTED_TABLES, Check

EXAMPLES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one check found: how many things it looked at, how many broke the invariant, and a few of them."""

    invariant: str
    checked: int
    violations: int
    examples: list[object]


def verify() -> Iterator[Outcome]:
    """Check every invariant, one after the other, on the database as it stands; nothing is written."""
    for check in CHECKS:
        yield _run(check)
    checked, broken = audit.find_broken_seals()
    yield Outcome(
        invariant="The audit is the one that was sealed",
        checked=checked,
        violations=len(broken),
        examples=[{"seal": seal_id} for seal_id in broken[:EXAMPLES_MAX]],
    )


def _run(check: Check) -> Outcome:
    parameters = {"posted_tables": list(POSTED_TABLES)}
    with connection.cursor() as cursor:
        cursor.execute(check.checked, parameters)
        (checked,) = cursor.fetchone()
        cursor.execute(
            "SELECT count(*), coalesce(jsonb_agg(v.found) FILTER (WHERE v.place <= %(examples_max)s), '[]')"
            " FROM (SELECT found.*, row_number() OVER () AS place FROM ("
            + check.violations
            + ") AS found(found)) AS v",
            parameters | {"examples_max": EXAMPLES_MAX},
        )
        violations, examples = cursor.fetchone()
    # Django hands jsonb of plain cursors over as text.
    return Outcome(
        invariant=check.invariant,
        checked=int(checked),
        violations=violations,
        examples=json.loads(examples) if isinstance(examples, str) else examples,
    )
