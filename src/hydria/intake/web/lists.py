"""The lists of loading: batches and their findings."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.intake.models import FindingSeverity, LoadState
from hydria.intake.queries import explain_finding
from hydria.platform.web.listing import Column, Filter, Kind, Listing

LOADS = Listing(
    name="loads",
    columns=(
        Column(
            name="received_at",
            label=_("Received"),
            value="received_at",
            kind=Kind.INSTANT,
            sort="received_at",
            link=lambda row: reverse("batch", args=[row.pk]),
        ),
        Column(name="file", label=_("File"), value="file_name"),
        Column(name="mapping", label=_("Mapping"), value="mapping_name"),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=LoadState),
        Column(name="rows", label=_("Rows"), value="row_count", kind=Kind.COUNT),
        Column(name="blocks", label=_("Stops"), value="block_count", kind=Kind.COUNT),
        Column(name="warns", label=_("To look at"), value="warn_count", kind=Kind.COUNT),
        Column(name="received_by", label=_("By"), value="received_by"),
    ),
    filters=(
        Filter(name="file", label=_("File"), lookup="file_name__icontains"),
        Filter(name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: LoadState.choices),
    ),
    sort="-received_at",
    empty=_("Nothing has been loaded yet"),
    empty_hint=_("Choose a file and a mapping; you see what it would do before anything is done."),
)

FINDINGS = Listing(
    name="findings",
    columns=(
        Column(name="row", label=_("Row"), value="row_number", kind=Kind.COUNT, sort="row_number"),
        Column(name="column", label=_("Column"), value="column"),
        Column(name="severity", label=_("Effect"), value="severity", kind=Kind.STATE, choices=FindingSeverity),
        Column(name="reason", label=_("What is odd"), value=lambda row: explain_finding(row).reason),
        Column(name="cure", label=_("Cure"), value=lambda row: explain_finding(row).cure),
    ),
    filters=(
        Filter(
            name="severity",
            label=_("Effect"),
            lookup="severity",
            kind="choice",
            choices=lambda: FindingSeverity.choices,
        ),
        Filter(name="column", label=_("Column"), lookup="column__icontains"),
    ),
    sort="row",
    empty=_("No findings"),
    empty_hint=_("Every row can be loaded as it is."),
)
