"""Lists of selections, of acts on many rows, and of the rows of one."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.directory.models import ActStateWord, ActWord, RowStateWord, SubjectWord
from hydria.platform.web.listing import Column, Filter, Kind, Listing

_PAGES = {"account": "account", "party": "person", "premise": "premise", "service_point": "point", "meter": "meter"}

SELECTIONS = Listing(
    name="selections",
    columns=(
        Column(
            name="name",
            label=_("Name"),
            value="name",
            sort="name",
            link=lambda row: reverse("selection", args=[row.pk]),
        ),
        Column(name="subject", label=_("About"), value=lambda row: row.get_subject_display(), group="subject"),
        Column(
            name="holds",
            label=_("It holds"),
            value=lambda row: str(_("those of that day") if row.is_frozen else _("whoever the filters find")),
        ),
        Column(name="members", label=_("Members"), value="member_count", kind=Kind.COUNT),
        Column(name="purpose", label=_("What for"), value="purpose"),
        Column(name="made_by", label=_("Who"), value="made_by", kind=Kind.PERSON, group="made_by"),
        Column(name="made_at", label=_("When"), value="made_at", kind=Kind.INSTANT, sort="made_at"),
    ),
    filters=(
        Filter(name="name", label=_("Name"), lookup="name__icontains"),
        Filter(name="subject", label=_("About"), lookup="subject", kind="choice", choices=lambda: SubjectWord.choices),
        Filter(name="who", label=_("Who"), lookup="made_by__in", kind="person"),
    ),
    sort="-made_at",
    empty=_("No selection is kept yet"),
    empty_hint=_("Narrow a list of people, accounts, points or meters, and keep it under a name."),
)

ACTS = Listing(
    name="acts",
    columns=(
        Column(
            name="kind",
            label=_("What"),
            value=lambda row: row.get_kind_display(),
            link=lambda row: reverse("act", args=[row.pk]),
        ),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=ActStateWord, group="state"),
        Column(name="subject", label=_("About"), value=lambda row: row.get_subject_display()),
        Column(name="rows", label=_("Rows"), value="row_count", kind=Kind.COUNT),
        Column(name="reason", label=_("Reason"), value="reason"),
        Column(name="by", label=_("Who"), value="requested_by", kind=Kind.PERSON, group="requested_by"),
        Column(name="at", label=_("When"), value="requested_at", kind=Kind.INSTANT, sort="requested_at"),
    ),
    filters=(
        Filter(name="kind", label=_("What"), lookup="kind", kind="choice", choices=lambda: ActWord.choices),
        Filter(name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: ActStateWord.choices),
        Filter(name="who", label=_("Who"), lookup="requested_by__in", kind="person"),
    ),
    sort="-at",
    empty=_("Nothing has been done with many rows yet"),
    empty_hint=_("Narrow a list and choose what shall be done with all of its rows."),
)


def rows_of(subject: str) -> Listing:
    """Return the list of the rows of an act, each leading to what it is about."""
    return Listing(
        name="act-rows",
        columns=(
            Column(
                name="label",
                label=SubjectWord(subject).label,
                value="label",
                sort="label",
                link=lambda row: reverse(_PAGES[subject], args=[row.object_id]),
            ),
            Column(
                name="state", label=_("Result"), value="state", kind=Kind.STATE, choices=RowStateWord, group="state"
            ),
            Column(name="message", label=_("Why"), value="message", group="message"),
        ),
        filters=(
            Filter(
                name="result", label=_("Result"), lookup="state", kind="choice", choices=lambda: RowStateWord.choices
            ),
        ),
        sort="label",
    )
