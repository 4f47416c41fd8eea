"""
Keep apart what one person should not hold together (ADM-01): the company's rules, who breaks them, and by whose leave.

The rules are asked whenever a role or the roles of a user change. Who needs a toxic combination nevertheless gets an
exemption: recorded with its reason and its end, and shown to everybody who looks after users until it ends.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.platform.domain.segregation import Combination, HeldRole, find_toxic
from hydria.platform.models import Exemption, Role, ToxicCombination, User
from hydria.platform.roles import COMBINATION_TEMPLATES, ROLE_TEMPLATES
from hydria.platform.transactions import acting, in_transaction

EXEMPTION_DAYS_MAX = 366


class UnableToSegregate(UnableTo):
    """Rights would come together that the company keeps apart, or a rule or an exemption cannot be as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The exemption that is asked for along with rights: why, and from which day on it no longer holds."""

    reason: str
    expires_date: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A role or a user that holds a toxic combination; `exemption_id` is None where nobody gave leave."""

    combination_id: int
    combination: str
    role: str
    login: str
    exemption_id: int | None = None
    reason: str = ""
    granted_by: str = ""
    expires_date: datetime.date | None = None


def list_combinations() -> QuerySet[ToxicCombination]:
    """Return the rules, those that hold first."""
    return ToxicCombination.objects.order_by("-is_active", "id")


@in_transaction
def create_missing_combinations(*, language: str) -> None:
    """Give a company the usual rules, and the first roles their exemptions; what is there already stays."""
    with translation.override(language):
        for template in COMBINATION_TEMPLATES:
            combination, is_new = ToxicCombination.objects.get_or_create(
                code=template.code,
                defaults={
                    "name": gettext(template.name),
                    "permissions": sorted(template.permissions),
                    "conflicting": sorted(template.conflicting),
                    "is_active": template.is_active,
                },
            )
            if is_new:
                _exempt_first_roles(combination)


def _exempt_first_roles(combination: ToxicCombination) -> None:
    for template in ROLE_TEMPLATES:
        role = Role.objects.filter(code=template.code).first()
        if template.exemption and role and _rule_of(combination).pairs_in(role.permissions):
            Exemption.objects.create(
                combination=combination, role=role, reason=gettext(template.exemption), granted_by="system"
            )


@in_transaction
def require_apart(
    *, actor: Actor, today: datetime.date, leave: Leave | None, role: Role | None = None, user: User | None = None
) -> None:
    """
    Refuse a role or a user, as just written, whose rights break a rule, unless leave was given or is asked for.

    role   is looked at by itself and as part of what its users hold
    leave  exemption to record for whatever would be refused

    :raises UnableToSegregate: with code `toxic_combination`, `reason_missing` or `exemption_too_long`.
    """
    rules = _active_rules()
    exempt = _exempt_now(today)
    found: list[tuple[Combination, Role | None, User | None]] = []
    if role is not None:
        found += [(rule, role, None) for rule in find_toxic(roles=[_held(role, exempt)], combinations=rules)]
        if leave is not None:
            exempt = exempt | {(rule.combination_id, role.pk, None) for rule, _role, _user in found}
    users = [user] if user is not None else list(role.users.filter(is_active=True)) if role is not None else []
    for holder in users:
        found += [(rule, None, holder) for rule in _broken_by(holder, rules=rules, exempt=exempt)]
    if not found:
        return
    if leave is None:
        names = dict.fromkeys(rule.name for rule, _role, _user in found)
        holders = dict.fromkeys(holder.username for _rule, _role, holder in found if holder and role is not None)
        sentence = gettext("These rights are kept apart here: %(rules)s.") % {"rules": "; ".join(names)}
        if holders:
            sentence += " " + gettext("It is about: %(users)s.") % {"users": ", ".join(holders)}
        raise UnableToSegregate("toxic_combination", sentence, rules=list(names), users=list(holders))
    _check_leave(leave, today=today)
    Exemption.objects.bulk_create(
        Exemption(
            combination_id=rule.combination_id,
            role=exempted,
            user=holder,
            reason=leave.reason.strip(),
            granted_by=actor.name,
            expires_date=leave.expires_date,
        )
        for rule, exempted, holder in found
    )


def _check_leave(leave: Leave, *, today: datetime.date) -> None:
    if not leave.reason.strip():
        raise UnableToSegregate("reason_missing", gettext("Say why these rights are held together."))
    if not today < leave.expires_date <= today + datetime.timedelta(days=EXEMPTION_DAYS_MAX):
        raise UnableToSegregate("exemption_too_long", gettext("An exemption ends within a year."))


def change_combination(
    *,
    actor: Actor,
    combination_id: int | None,
    name: str,
    permissions: Sequence[str],
    conflicting: Sequence[str],
    is_active: bool,
    reason: str,
) -> ToxicCombination:
    """
    Write a rule of the company, or change one; who breaks it already is shown and keeps their rights.

    combination_id  None writes a new one
    name            rules that came with the product keep theirs on the screens, in every language

    :raises UnableToPermit: if the actor may not manage users.
    :raises UnableToSegregate: with code `reason_missing`, `name_missing`, `combination_empty` or
        `combination_overlaps`.
    """
    actor.require(Permission.USER_MANAGE)
    if not reason.strip():
        raise UnableToSegregate("reason_missing", gettext("Say why the rule is changed."))
    if not name.strip():
        raise UnableToSegregate("name_missing", gettext("Give the rule a name."))
    known = {str(permission) for permission in Permission}
    one, other = sorted(known.intersection(permissions)), sorted(known.intersection(conflicting))
    if not one or not other:
        raise UnableToSegregate("combination_empty", gettext("Choose at least one permission on each side."))
    if set(one) & set(other):
        raise UnableToSegregate("combination_overlaps", gettext("A permission stands on one side only."))
    with acting(actor, reason=reason):
        if combination_id is None:
            combination = ToxicCombination(code=f"own-{secrets.token_hex(4)}")
        else:
            combination = ToxicCombination.objects.select_for_update().get(id=combination_id)
            combination.version += 1
        combination.name = name.strip()
        combination.permissions, combination.conflicting, combination.is_active = one, other, is_active
        combination.save()
    return combination


def end_exemption(*, actor: Actor, exemption_id: int, reason: str, ended_at: datetime.datetime) -> None:
    """
    Take a leave back: the rights stay until somebody changes them, and are shown as held without leave.

    :raises UnableToPermit: if the actor may not manage users.
    :raises UnableToSegregate: with code `reason_missing` or `exemption_ended`.
    """
    actor.require(Permission.USER_MANAGE)
    if not reason.strip():
        raise UnableToSegregate("reason_missing", gettext("Say why the exemption ends."))
    with acting(actor, reason=reason):
        exemption = Exemption.objects.select_for_update().filter(id=exemption_id, ended_at__isnull=True).first()
        if exemption is None:
            raise UnableToSegregate("exemption_ended", gettext("This exemption has ended already."))
        exemption.ended_at = ended_at
        exemption.save()


def list_holdings(*, actor: Actor, today: datetime.date) -> list[Holding]:
    """
    Return who holds toxic combinations: roles by themselves, and users by roles that only together are toxic.

    :raises UnableToPermit: if the actor may not manage users.
    """
    actor.require(Permission.USER_MANAGE)
    rules = _active_rules()
    leaves = {
        (leave.combination_id, leave.role_id, leave.user_id): leave for leave in _valid_exemptions(today).order_by("id")
    }
    whole = {rule.combination_id for rule in rules}
    roles = list(Role.objects.order_by("name"))
    found = [_holding(rule, leaves, role=role) for role in roles for rule in rules if rule.pairs_in(role.permissions)]
    for user in User.objects.filter(is_active=True).prefetch_related("roles").order_by("username"):
        # What a role holds by itself is told above, once for all its users.
        held = [
            HeldRole(permissions=frozenset(role.permissions), exempt_from=frozenset(whole)) for role in user.roles.all()
        ]
        found += [_holding(rule, leaves, user=user) for rule in find_toxic(roles=held, combinations=rules)]
    return sorted(found, key=lambda holding: (holding.exemption_id is not None, holding.combination_id))


def _holding(
    rule: Combination,
    leaves: dict[tuple[int, int | None, int | None], Exemption],
    *,
    role: Role | None = None,
    user: User | None = None,
) -> Holding:
    leave = leaves.get((rule.combination_id, role.pk if role else None, user.pk if user else None))
    return Holding(
        combination_id=rule.combination_id,
        combination=rule.name,
        role=role.title if role else "",
        login=user.username if user else "",
        exemption_id=leave.pk if leave else None,
        reason=leave.reason if leave else "",
        granted_by=leave.granted_by if leave else "",
        expires_date=leave.expires_date if leave else None,
    )


def _broken_by(
    user: User, *, rules: Iterable[Combination], exempt: frozenset[tuple[int, int | None, int | None]]
) -> list[Combination]:
    own = {combination_id for combination_id, _role_id, user_id in exempt if user_id == user.pk}
    return find_toxic(roles=[_held(role, exempt) for role in user.roles.all()], combinations=rules, exempt_from=own)


def _held(role: Role, exempt: frozenset[tuple[int, int | None, int | None]]) -> HeldRole:
    return HeldRole(
        permissions=frozenset(role.permissions),
        exempt_from=frozenset(combination_id for combination_id, role_id, _user in exempt if role_id == role.pk),
    )


def _valid_exemptions(today: datetime.date) -> QuerySet[Exemption]:
    return Exemption.objects.filter(Q(expires_date__isnull=True) | Q(expires_date__gt=today), ended_at__isnull=True)


def _exempt_now(today: datetime.date) -> frozenset[tuple[int, int | None, int | None]]:
    return frozenset(_valid_exemptions(today).values_list("combination_id", "role_id", "user_id"))


def _active_rules() -> list[Combination]:
    return [_rule_of(combination) for combination in ToxicCombination.objects.filter(is_active=True).order_by("id")]


def _rule_of(combination: ToxicCombination) -> Combination:
    return Combination(
        combination_id=combination.pk,
        name=combination.title,
        permissions=frozenset(combination.permissions),
        conflicting=frozenset(combination.conflicting),
    )
