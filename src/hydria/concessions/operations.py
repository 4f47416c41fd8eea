"""
Writes of concessions: programs, funds and their budgets, grants and the events that end them (TAR-07).

What billing takes from funds is in `_using`, what is given at the desk or the till in `_discounting`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.concessions import _discounting, _using, queries
from hydria.concessions.domain.discounts import PERCENT_MILLI_MAX
from hydria.concessions.domain.kinds import EventKind, ProgramKind
from hydria.concessions.models import Enjoyment, Fund, FundBudget, Grant, GrantEvent, Program, ProgramRule
from hydria.kernel.errors import UnableTo
from hydria.kernel.filetypes import SIZE_BYTES_MAX, sniff
from hydria.kernel.periods import add_months
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.events import EventKind as Told
from hydria.platform.files import store_file
from hydria.platform.outbox import announce
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting, in_transaction
from hydria.premises import queries as premises

_NEVER = datetime.date.max

UnableToDiscount = _discounting.UnableToDiscount
give_discount = _discounting.give_discount
reverse_discount = _discounting.reverse_discount
lock_standings = _using.lock_standings
commit_use = _using.commit_use
release_use = _using.release_use
post_use = _using.post_use
record_enjoyed_from_query = _using.record_enjoyed_from_query


class UnableToSaveFund(UnableTo):
    """The fund or its budget cannot be kept as asked."""


class UnableToSaveProgram(UnableTo):
    """The program cannot be kept as asked."""


class UnableToGrant(UnableTo):
    """The concession cannot be granted."""


class UnableToEndConcession(UnableTo):
    """The concession cannot be ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTerms:
    """
    Describe a program.

    names               by language; one at least
    fund_code           empty: the company pays
    until_date          the day after the last one, None for a program without an end
    categories          codes of those that have it without being granted it
    percent_milli       thousandths of a percent that a discount takes off, None where the amount is free
    discount_max_minor  the largest discount at the desk or till, None where there is none
    ranks               of the debts that a discount is for; empty for any
    """

    names: Mapping[str, str]
    kind: ProgramKind
    from_date: datetime.date
    until_date: datetime.date | None = None
    fund_code: str = ""
    evidence: str = ""
    categories: Sequence[str] = ()
    months_max: int = 12
    percent_milli: int | None = None
    discount_max_minor: int | None = None
    ranks: Sequence[int] = ()


def save_fund(*, actor: Actor, code: str, name: str, provider: str) -> Fund:
    """
    Keep a fund under its code; keeping it again changes its name and who provides it.

    :raises UnableToPermit: if the actor may not manage concessions.
    :raises UnableToSaveFund: with code `name_missing`.
    """
    actor.require(Permission.CONCESSION_MANAGE)
    if not (code.strip() and name.strip() and provider.strip()):
        raise UnableToSaveFund("name_missing", _("A fund has a code, a name and somebody who provides it."))
    with acting(actor):
        fund, _created = Fund.objects.update_or_create(code=code, defaults={"name": name, "provider": provider})
    return fund


def set_budget(
    *,
    actor: Actor,
    fund_id: int,
    from_date: datetime.date,
    until_date: datetime.date,
    budget_minor: int,
    reason: str,
) -> FundBudget:
    """
    Set what a fund may give in some days; setting it for the same days again changes the amount.

    budget_minor  > 0, and not below what is used or committed already

    :raises UnableToPermit: if the actor may not manage concessions, or not an amount like this.
    :raises UnableToSaveFund: with code `reason_missing`, `dates_reversed`, `budget_not_positive`,
        `budget_below_use` or `fund_has_one_budget_at_a_time`.
    """
    actor.require(Permission.CONCESSION_MANAGE, amount_minor=budget_minor)
    if not reason.strip():
        raise UnableToSaveFund("reason_missing", _("Say what the budget rests on."))
    if until_date <= from_date:
        raise UnableToSaveFund("dates_reversed", _("The budget ends before it begins."))
    if budget_minor <= 0:
        raise UnableToSaveFund("budget_not_positive", _("A budget is above zero."))
    during = DateRange(from_date, until_date)
    with acting(actor, reason=reason):
        fund = Fund.objects.select_for_update().get(pk=fund_id)
        budget = fund.budgets.filter(valid_during=during).first() or FundBudget(fund=fund, valid_during=during)
        if budget.pk is not None:
            standing = queries.stand(fund_id=fund_id, on_date=from_date)
            if budget_minor < standing.used_minor + standing.committed_minor:
                raise UnableToSaveFund("budget_below_use", _("More than that is used or committed already."))
        budget.budget_minor = budget_minor
        sentence = _("Another budget of the fund holds some of these days.")
        with refusing(UnableToSaveFund, {"fund_has_one_budget_at_a_time": sentence}):
            budget.save()
    return budget


def save_program(*, actor: Actor, code: str, terms: ProgramTerms) -> Program:
    """
    Keep a program under its code; keeping it again changes its terms, for what is granted from then on.

    code  a word of small letters, digits and underscores: tariffs ask for `concession_<code>`

    :raises UnableToPermit: if the actor may not manage concessions.
    :raises UnableToSaveProgram: with code `name_missing`, `dates_reversed`, `fund_unknown`, `category_unknown`,
        `percentage_out_of_range`, `program_code_is_a_word_of_tariffs`, `grants_outlast` or `categories_in_use`.
    """
    actor.require(Permission.CONCESSION_MANAGE)
    names = {language: name.strip() for language, name in terms.names.items() if name.strip()}
    if not names:
        raise UnableToSaveProgram("name_missing", _("Name the program in one language at least."))
    if terms.until_date is not None and terms.until_date <= terms.from_date:
        raise UnableToSaveProgram("dates_reversed", _("The program ends before it begins."))
    if terms.percent_milli is not None and not 0 < terms.percent_milli <= PERCENT_MILLI_MAX:
        raise UnableToSaveProgram("percentage_out_of_range", _("A percentage is above 0 and at most 100."))
    if unknown := [category for category in terms.categories if premises.find_category_id(code=category) is None]:
        raise UnableToSaveProgram("category_unknown", _("There is no category %s.") % ", ".join(unknown))
    fund = Fund.objects.filter(code=terms.fund_code).first()
    if terms.fund_code and fund is None:
        raise UnableToSaveProgram("fund_unknown", _("There is no such fund."), fund=terms.fund_code)
    with acting(actor):
        program = Program.objects.select_for_update().filter(code=code).first() or Program(code=code)
        outlasting = Grant.objects.filter(program__code=code, valid_during__endswith__gt=terms.until_date or _NEVER)
        if outlasting.exists():
            raise UnableToSaveProgram("grants_outlast", _("Some grants last longer; end the program instead."))
        if program.pk is not None and program.uses.exists() and set(program.categories) != set(terms.categories):
            raise UnableToSaveProgram(
                "categories_in_use", _("It was billed by category already; end it and make another program.")
            )
        program.names, program.kind, program.fund = names, terms.kind, fund
        program.valid_during = DateRange(terms.from_date, terms.until_date)
        program.evidence, program.categories = terms.evidence, list(terms.categories)
        program.months_max, program.percent_milli = terms.months_max, terms.percent_milli
        program.discount_max_minor, program.ranks = terms.discount_max_minor, list(terms.ranks)
        sentence = _("A code is one word of small letters, digits and underscores; tariffs use it.")
        with refusing(UnableToSaveProgram, {"program_code_is_a_word_of_tariffs": sentence}):
            program.save()
    return program


def set_rules(*, actor: Actor, program_id: int, rules: Mapping[str, tuple[int, int]]) -> None:
    """
    Say what single roles may do in a program, in place of what was said before.

    rules  role code -> (months at most, discount at most in minor units), 0 for what the role may not do; a role that
           is left out has the program's own limits

    :raises UnableToPermit: if the actor may not manage concessions.
    """
    actor.require(Permission.CONCESSION_MANAGE)
    with acting(actor, reason="limits of roles"):
        program = Program.objects.select_for_update().get(pk=program_id)
        program.rules.all().delete()
        ProgramRule.objects.bulk_create(
            ProgramRule(program=program, role_code=role, months_max=months, discount_max_minor=amount_minor)
            for role, (months, amount_minor) in sorted(rules.items())
        )


def end_program(*, actor: Actor, program_id: int, end_date: datetime.date, reason: str) -> int:
    """
    End a program and every grant of it that lasts longer, each by its event; return how many grants that were.

    end_date  the first day without it; ending it on that day again changes nothing

    :raises UnableToPermit: if the actor may not manage concessions.
    :raises UnableToSaveProgram: with code `reason_missing` or `dates_reversed`.
    """
    actor.require(Permission.CONCESSION_MANAGE)
    if not reason.strip():
        raise UnableToSaveProgram("reason_missing", _("Say why the program ends."))
    with acting(actor, reason=reason):
        program = Program.objects.select_for_update().get(pk=program_id)
        if end_date <= program.valid_during.lower:
            raise UnableToSaveProgram("dates_reversed", _("The program ends before it begins."))
        grants = list(program.grants.select_for_update().filter(valid_during__endswith__gt=end_date).order_by("id"))
        for grant in grants:
            _end_grant(actor, grant, end_date=end_date, reason=reason)
        program.valid_during = DateRange(program.valid_during.lower, end_date)
        program.save(update_fields=["valid_during"])
    return len(grants)


def grant(
    *,
    actor: Actor,
    agreement_id: int,
    program_code: str,
    from_date: datetime.date,
    until_date: datetime.date,
    evidence: str,
    reason: str,
    evidence_sha256: str = "",
    evidence_file: bytes = b"",
) -> Grant:
    """
    Grant a concession to an agreement for some time, with its evidence. Granting the same again changes nothing.

    until_date       the day after the last one; never open, because evidence grows old
    evidence_sha256  hash of the paper's file, where one is kept elsewhere
    evidence_file    content of the paper's file, to be kept here

    :raises UnableToPermit: if the actor may not grant concessions.
    :raises UnableToGrant: with code `evidence_missing`, `reason_missing`, `dates_reversed`, `file_too_large`,
        `file_kind_unknown`, `program_unknown`,
        `program_not_in_force`, `program_is_automatic`, `date_outside_agreement`, `tariff_does_not_ask`,
        `role_may_not_grant`, `longer_than_allowed`, `fund_exhausted` or `agreement_has_a_concession_once_at_a_time`.
    """
    actor.require(Permission.CONCESSION_GRANT)
    if not evidence.strip():
        raise UnableToGrant("evidence_missing", _("Name the evidence."))
    if not reason.strip():
        raise UnableToGrant("reason_missing", _("Say why it is granted."))
    if until_date <= from_date:
        raise UnableToGrant("dates_reversed", _("The concession ends before it begins."))
    with acting(actor, reason=reason):
        program = Program.objects.select_related("fund").filter(code=program_code).first()
        if program is None:
            raise UnableToGrant("program_unknown", _("There is no such program."), program=program_code)
        during = DateRange(from_date, until_date)
        same = Grant.objects.filter(agreement_id=agreement_id, program=program, granted_during=during).last()
        if same is not None and same.valid_during == during:
            return same
        _check_grant(actor, program, agreement_id, from_date=from_date, until_date=until_date)
        sentence = _("The agreement has this concession on some of these days already.")
        if evidence_file:
            evidence_sha256 = _keep_evidence(evidence_file, name=evidence)
        with refusing(UnableToGrant, {"agreement_has_a_concession_once_at_a_time": sentence}):
            granted = Grant.objects.create(
                agreement_id=agreement_id,
                program=program,
                granted_during=during,
                valid_during=during,
                evidence=evidence,
                evidence_sha256=evidence_sha256,
                reason=reason,
                granted_by=actor.name,
            )
        told = {"program": program.code, "from_date": from_date, "until_date": until_date}
        announce(Told.CONCESSION_GRANTED, granted.pk, actor=actor, agreement_id=agreement_id, **told)
    return granted


def _keep_evidence(content: bytes, *, name: str) -> str:
    if len(content) > SIZE_BYTES_MAX:
        raise UnableToGrant("file_too_large", _("The file is larger than 10 MB."), size_bytes=len(content))
    media_type = sniff(content)
    if media_type is None:
        raise UnableToGrant("file_kind_unknown", _("Only PDF files and pictures (PNG, JPEG, WebP) are kept."))
    return store_file(content=content, name=name, media_type=media_type).sha256


def _check_grant(
    actor: Actor, program: Program, agreement_id: int, *, from_date: datetime.date, until_date: datetime.date
) -> None:
    lasts = program.valid_during
    if from_date not in lasts or (lasts.upper is not None and until_date > lasts.upper):
        raise UnableToGrant("program_not_in_force", _("The program does not hold on all of these days."))
    if program.categories:
        raise UnableToGrant("program_is_automatic", _("The program is given by category, not granted."))
    if agreements.find_agreement_on(agreement_id=agreement_id, on_date=from_date) is None:
        raise UnableToGrant("date_outside_agreement", _("The agreement is not in force on that day."))
    if not queries.is_asked_for(agreement_id=agreement_id, program_code=program.code, on_date=from_date):
        raise UnableToGrant("tariff_does_not_ask", _("The tariff of the agreement does not know this program."))
    months_max, _discount_max_minor = queries.limits_of(actor=actor, program=program)
    if actor is not SYSTEM and months_max == 0:
        raise UnableToGrant("role_may_not_grant", _("Your role may not grant this program."))
    if actor is not SYSTEM and until_date > add_months(from_date, months_max):
        raise UnableToGrant(
            "longer_than_allowed",
            _("You may grant this program for %d months at most.") % months_max,
            months_max=months_max,
        )
    if program.fund_id is not None and queries.stand(fund_id=program.fund_id, on_date=from_date).left_minor <= 0:
        raise UnableToGrant("fund_exhausted", _("Nothing is left of the fund that pays for it."), fund=program.fund_id)


def end_concession(
    *, actor: Actor, agreement_id: int, program_code: str, end_date: datetime.date, reason: str
) -> GrantEvent | None:
    """
    End a concession of an agreement by an event, or say why it is gone already.

    end_date  the first day without it; of one that has run out, its own end counts. Ending it again changes nothing

    returns   the event, or None when there is nothing to end

    :raises UnableToPermit: if the actor may not grant concessions.
    :raises UnableToEndConcession: with code `reason_missing` or `program_unknown`.
    """
    actor.require(Permission.CONCESSION_GRANT)
    if not reason.strip():
        raise UnableToEndConcession("reason_missing", _("Say why the concession ends."))
    with acting(actor, reason=reason):
        program = Program.objects.filter(code=program_code).first()
        if program is None:
            raise UnableToEndConcession("program_unknown", _("There is no such program."), program=program_code)
        own = Grant.objects.select_for_update().filter(agreement_id=agreement_id, program=program)
        latest = own.order_by("-granted_during", "-id").first()
        if latest is not None:
            return _end_grant(actor, latest, end_date=end_date, reason=reason)
        gone, _by_model = Enjoyment.objects.filter(agreement_id=agreement_id, program=program).delete()
        if not gone:
            return None
        return _record(actor, agreement_id, program.pk, None, EventKind.ENDED, end_date, reason)


@in_transaction
def _end_grant(actor: Actor, ended: Grant, *, end_date: datetime.date, reason: str) -> GrantEvent:
    if event := ended.events.filter(kind=EventKind.ENDED).first():
        return event
    first_date = ended.granted_during.lower
    end_date = min(end_date, ended.granted_during.upper)
    left = DateRange(first_date, end_date) if end_date > first_date else DateRange(empty=True)
    Grant.objects.filter(pk=ended.pk).update(valid_during=left)
    told = {"agreement_id": ended.agreement_id, "program": ended.program.code, "end_date": end_date}
    announce(Told.CONCESSION_ENDED, ended.pk, actor=actor, **told)
    return _record(actor, ended.agreement_id, ended.program_id, ended, EventKind.ENDED, end_date, reason)


def warn(*, actor: Actor, grant_ids: Sequence[int], reason: str) -> int:
    """
    Record that the holders of grants were told when they run out; return how many had not been told.

    From then on such a grant may run out without holding back its agreement.

    reason  how they were told: the letter, the call, the visit

    :raises UnableToPermit: if the actor may not grant concessions.
    :raises UnableToEndConcession: with code `reason_missing`.
    """
    actor.require(Permission.CONCESSION_GRANT)
    if not reason.strip():
        raise UnableToEndConcession("reason_missing", _("Say how they were told."))
    with acting(actor, reason=reason):
        wanted = Grant.objects.select_for_update().filter(pk__in=list(grant_ids)).order_by("id")
        told = set(GrantEvent.objects.filter(grant__in=list(grant_ids)).values_list("grant_id", flat=True))
        untold = [found for found in wanted if found.pk not in told]
        for found in untold:
            until_date = found.granted_during.upper
            _record(actor, found.agreement_id, found.program_id, found, EventKind.WARNED, until_date, reason)
    return len(untold)


def _record(
    actor: Actor,
    agreement_id: int,
    program_id: int,
    about: Grant | None,
    kind: EventKind,
    effective_date: datetime.date,
    reason: str,
) -> GrantEvent:
    return GrantEvent.objects.create(
        agreement_id=agreement_id,
        program_id=program_id,
        grant=about,
        kind=kind,
        effective_date=effective_date,
        reason=reason,
        recorded_by=actor.name,
    )
