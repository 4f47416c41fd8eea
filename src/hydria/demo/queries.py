"""Reads of the demo: the proof of its last run."""

from __future__ import annotations

from hydria.billing import queries as billing
from hydria.kernel.errors import UnableTo


class UnableToFindProof(UnableTo):
    """No run has been confirmed here."""


def get_last_proof() -> dict[str, object]:
    """
    Return the proof of the newest confirmed run.

    :raises UnableToFindProof: with code `no_confirmed_run`.
    """
    run = billing.list_runs().filter(state="CONFIRMED").order_by("-confirmed_at", "-id").first()
    if run is None or run.proof is None:
        raise UnableToFindProof("no_confirmed_run", "No run has been confirmed in this database.")
    return dict(run.proof)
