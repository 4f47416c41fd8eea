"""Who is in a selection: the members of a frozen one, or whom the filters of a list find now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from hydria.directory import queries
from hydria.directory.queries import SelectionCard
from hydria.platform.access import Actor
from hydria.platform.web.listing import Filter, Listing, select_rows


def with_selections(listing: Listing, *, actor: Actor) -> Listing:
    """Return a list that can be narrowed to the selections of what it is about, those that the reader may use."""
    path, usable = listing.subject_path, queries.list_usable_selections(actor=actor, subject=listing.subject)
    by_selection = Filter(
        name="selection",
        label=_("Selection"),
        lookup=lambda typed: Q(
            **{f"{path}__in": list_members(next(card for card in usable if str(card.id) == typed), actor=actor)}
        ),
        kind="choice",
        choices=lambda: [(str(card.id), card.name) for card in usable],
    )
    return replace(listing, filters=(*listing.filters, by_selection)) if usable else listing


def list_members(selection: SelectionCard, *, actor: Actor) -> QuerySet[Any, Any]:
    """
    Return the ids of whoever is in a selection now, as a part of a query.

    A selection refers only to older ones, because none is changed once it is made; so this always comes to an end.
    """
    if selection.is_frozen:
        return queries.list_member_ids(selection_id=selection.id)
    from hydria.directory.web.registers import open_register  # which offers selections, and so needs this module

    listing, rows = open_register(selection.listing, actor=actor, asked=QueryDict(selection.query))
    selected, _understood = select_rows(listing, rows, QueryDict(selection.query))
    return selected.values(listing.subject_path)
