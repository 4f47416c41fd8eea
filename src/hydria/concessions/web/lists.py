"""Lists of concessions."""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hydria.concessions import queries
from hydria.concessions.domain.kinds import UseKind
from hydria.concessions.models import KIND_LABELS, USE_LABELS
from hydria.platform.web.listing import Column, Filter, Kind, Listing


class GrantState(TextChoices):
    """How a concession stands, in words."""

    TODO = "TODO", _("Coming")
    ACTIVE = "ACTIVE", _("In force")
    EXPIRING = "EXPIRING", _("Ends soon")
    ENDED = "ENDED", _("Ended")


def _account_link(row: Any) -> str:
    return reverse("account_concessions", args=[row.agreement.account_id])


def _programs() -> list[tuple[str, str]]:
    return [(program.code, program.name) for program in queries.list_program_cards()]


_ACCOUNT = Column(
    name="account",
    label=_("Account"),
    value="agreement.account.number",
    link=_account_link,
    sort="agreement__account__number",
)
_HOLDER = Column(name="holder", label=_("Holder"), value="holder_name")
_PROGRAM = Column(
    name="program", label=_("Program"), value=lambda row: queries.name_of(row.program.names), sort="program__code"
)
_BY_ACCOUNT = Filter(name="account", label=_("Account"), lookup="agreement__account__number__startswith")
_BY_PROGRAM = Filter(name="program", label=_("Program"), lookup="program__code", kind="choice", choices=_programs)

GRANTS = Listing(
    name="concessions",
    columns=(
        _ACCOUNT,
        _HOLDER,
        _PROGRAM,
        Column(
            name="state",
            label=_("State"),
            value=lambda row: queries.grant_state(row, today=timezone.localdate()),
            kind=Kind.STATE,
            choices=GrantState,
        ),
        Column(name="from", label=_("From"), value="start_date", kind=Kind.DATE, sort="start_date"),
        Column(name="until", label=_("Up to, without"), value="end_date", kind=Kind.DATE, sort="end_date"),
        Column(name="evidence", label=_("Evidence"), value="evidence"),
        Column(name="granted_by", label=_("Granted by"), value="granted_by", kind=Kind.PERSON),
    ),
    filters=(
        _BY_PROGRAM,
        _BY_ACCOUNT,
        Filter(name="holder", label=_("Holder"), lookup="holder_name__icontains"),
        Filter(name="on", label=_("In force on"), lookup="valid_during__contains", kind="date"),
    ),
    sort="-from",
    empty=_("Nobody has been granted a concession yet"),
    empty_hint=_("Open an account and grant one there."),
)

ENDING = Listing(
    name="concessions-ending",
    columns=(
        _ACCOUNT,
        _HOLDER,
        _PROGRAM,
        Column(name="until", label=_("Up to, without"), value="end_date", kind=Kind.DATE, sort="end_date"),
        Column(name="evidence", label=_("Evidence"), value="evidence"),
        Column(name="warned", label=_("Told on"), value="warned_at", kind=Kind.INSTANT),
    ),
    filters=(_BY_PROGRAM, _BY_ACCOUNT),
    sort="until",
    empty=_("Nothing ends within 60 days"),
)

LOSSES = Listing(
    name="concessions-lost",
    columns=(
        _ACCOUNT,
        _HOLDER,
        _PROGRAM,
        Column(
            name="until",
            label=_("Billed with it up to, without"),
            value="until_date",
            kind=Kind.DATE,
            sort="until_date",
        ),
    ),
    filters=(_BY_PROGRAM, _BY_ACCOUNT),
    sort="until",
    empty=_("Nothing was lost without a word"),
)

PROGRAMS = Listing(
    name="programs",
    columns=(
        Column(
            name="code", label=_("Code"), value="code", sort="code", link=lambda row: reverse("program", args=[row.pk])
        ),
        Column(name="name", label=_("Name"), value=lambda row: queries.name_of(row.names)),
        Column(name="kind", label=_("Kind"), value=lambda row: str(KIND_LABELS[row.kind])),
        Column(
            name="fund", label=_("Who pays"), value=lambda row: row.fund.name if row.fund else str(_("The company"))
        ),
        Column(name="from", label=_("From"), value="start_date", kind=Kind.DATE, sort="start_date"),
        Column(name="until", label=_("Up to, without"), value="end_date", kind=Kind.DATE),
        Column(name="granted", label=_("Grants"), value="granted_count", kind=Kind.COUNT),
    ),
    sort="code",
    empty=_("There is no program yet"),
)

# Pages of contexts above, by URL name as foreign keys are by model name: nothing is imported.
_SOURCE_PAGES = {UseKind.RUN.value: "run"}


def _source_link(row: Any) -> str | None:
    name = _SOURCE_PAGES.get(row.source_kind)
    return reverse(name, args=[row.source_id]) if name else None


USES = Listing(
    name="uses",
    columns=(
        Column(name="day", label=_("Day"), value="on_date", kind=Kind.DATE, sort="on_date"),
        _PROGRAM,
        Column(
            name="source",
            label=_("Document"),
            value=lambda row: f"{USE_LABELS[row.source_kind]} {row.source_id}",
            link=_source_link,
        ),
        Column(name="amount", label=_("Amount"), value="amount_minor", kind=Kind.AMOUNT, total="amount_minor"),
    ),
    sort="-day",
    empty=_("Nothing has been used yet"),
)
