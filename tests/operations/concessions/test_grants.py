"""Programs, funds and grants: who may grant what for how long, and how a concession ends."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction

from billing_factories import household
from billing_factories import village as plain_village
from concession_factories import YEAR, fund, granted, program
from concession_factories import subsidized_village as village
from desk_factories import company, person
from hydria.concessions import operations, queries
from hydria.concessions.models import Grant, GrantEvent
from hydria.concessions.operations import UnableToEndConcession, UnableToGrant, UnableToSaveFund, UnableToSaveProgram
from hydria.platform.access import SYSTEM, UnableToPermit

JULY = datetime.date(2026, 7, 1)
TODAY = datetime.date(2026, 11, 15)

pytestmark = pytest.mark.django_db


def ended(agreement, *, end_date: datetime.date = JULY, reason: str = "Income rose"):
    return operations.end_concession(
        actor=SYSTEM, agreement_id=agreement.pk, program_code="social", end_date=end_date, reason=reason
    )


def in_force(agreement, day: datetime.date, *, category: str = "household") -> frozenset[str]:
    (codes,) = queries.list_codes_in_force(agreement_ids=[agreement.pk], on_dates=[day], categories=[category])
    return codes


class TestGrant:
    def test_counts_from_its_first_day_up_to_and_without_the_day_after_its_last(self):
        village(), program()
        agreement = household()

        granted(agreement, from_date=JULY, until_date=YEAR[1])

        assert in_force(agreement, JULY - datetime.timedelta(days=1)) == frozenset()
        assert in_force(agreement, JULY) == {"social"}
        assert in_force(agreement, YEAR[1] - datetime.timedelta(days=1)) == {"social"}
        assert in_force(agreement, YEAR[1]) == frozenset()

    def test_is_made_once_when_asked_for_twice(self):
        village(), program()
        agreement = household()

        first, second = granted(agreement), granted(agreement)

        assert first == second
        assert Grant.objects.count() == 1

    def test_may_follow_one_that_was_ended(self):
        village(), program()
        agreement = household()
        granted(agreement)
        ended(agreement)

        again = granted(agreement, from_date=JULY, until_date=YEAR[1])

        assert in_force(agreement, JULY) == {"social"}
        assert again.valid_during.lower == JULY

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"evidence": " "}, "evidence_missing"),
            ({"reason": ""}, "reason_missing"),
            ({"until_date": YEAR[0]}, "dates_reversed"),
            ({"program_code": "unknown"}, "program_unknown"),
            ({"from_date": datetime.date(2019, 1, 1)}, "program_not_in_force"),
            ({"agreement_id": 0}, "date_outside_agreement"),
            ({"from_date": JULY}, "agreement_has_a_concession_once_at_a_time"),
        ],
    )
    def test_is_refused(self, asked: dict, code: str):
        village(), program()
        agreement = household()
        granted(agreement)
        given = {
            "agreement_id": agreement.pk,
            "program_code": "social",
            "from_date": YEAR[0],
            "until_date": datetime.date(2026, 12, 1),
            "evidence": "Card",
            "reason": "Low income",
        }

        with pytest.raises(UnableToGrant) as refusal:
            operations.grant(actor=SYSTEM, **(given | asked))

        assert refusal.value.code == code

    def test_is_refused_where_the_category_has_it_anyway(self):
        village(), program(categories=["household"])
        agreement = household()

        with pytest.raises(UnableToGrant, match="category"):
            granted(agreement)

        assert in_force(agreement, JULY) == {"social"}
        assert in_force(agreement, JULY, category="shop") == frozenset()

    def test_is_refused_where_the_tariff_would_not_notice(self):
        plain_village(), program()

        with pytest.raises(UnableToGrant) as refusal:
            granted(household())

        assert refusal.value.code == "tariff_does_not_ask"

    def test_is_refused_when_nothing_is_left_of_the_fund(self):
        village()
        fund(budget_minor=None)
        program(fund_code="state")

        with pytest.raises(UnableToGrant) as refusal:
            granted(household())

        assert refusal.value.code == "fund_exhausted"

    def test_lasts_as_long_as_the_role_may_grant(self):
        village(), company()
        program(months_max=12, rules={"agent": (6, 0), "cashier": (0, 0)})
        agreement = household()
        agent = person("agent").to_actor()

        with pytest.raises(UnableToGrant) as refusal:
            granted(agreement, actor=agent)
        granted(agreement, actor=agent, until_date=JULY)

        assert refusal.value.code == "longer_than_allowed"
        assert refusal.value.data["months_max"] == 6

    def test_is_refused_to_a_role_that_may_not_grant_it(self):
        village(), company()
        program(rules={"agent": (0, 0)})

        with pytest.raises(UnableToGrant) as refusal:
            granted(household(), actor=person("agent").to_actor())

        assert refusal.value.code == "role_may_not_grant"

    def test_asks_for_the_permission(self):
        with pytest.raises(UnableToPermit):
            granted(household_of_nobody(), actor=replace(SYSTEM, permissions=frozenset()))

    def test_is_never_edited_or_deleted(self):
        village(), program()
        made = granted(household())

        for statement in ("UPDATE concessions_grant SET evidence = 'x'", "DELETE FROM concessions_grant"):
            refusal = pytest.raises(IntegrityError, match="never edited")
            with refusal, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

        assert Grant.objects.get() == made


def household_of_nobody():
    village(), program()
    return household()


class TestEndConcession:
    def test_ends_a_grant_on_a_day_by_an_event(self):
        village(), program()
        agreement = household()
        made = granted(agreement)

        event = ended(agreement)

        made.refresh_from_db()
        assert in_force(agreement, JULY) == frozenset()
        assert made.granted_during.upper == YEAR[1]
        assert made.valid_during.upper == JULY
        assert (event.grant_id, event.effective_date, event.reason) == (made.pk, JULY, "Income rose")

    def test_changes_nothing_when_asked_twice(self):
        village(), program()
        agreement = household()
        granted(agreement)

        first, second = ended(agreement), ended(agreement, end_date=YEAR[1])

        assert first == second

    def test_leaves_no_day_of_a_grant_that_was_a_mistake(self):
        village(), program()
        agreement = household()
        granted(agreement)

        ended(agreement, end_date=YEAR[0])

        assert in_force(agreement, YEAR[0]) == frozenset()

    @pytest.mark.parametrize(("asked", "code"), [({"reason": " "}, "reason_missing")])
    def test_is_refused(self, asked: dict, code: str):
        village(), program()

        with pytest.raises(UnableToEndConcession) as refusal:
            ended(household(), **asked)

        assert refusal.value.code == code

    def test_has_nothing_to_end_where_nothing_was_given(self):
        village(), program()

        assert ended(household()) is None


class TestListEnding:
    def test_shows_what_ends_within_sixty_days_and_is_not_renewed(self):
        village(), program()
        near, renewed, far, told_to_end = household(), household(), household(), household()
        for agreement in (near, renewed, told_to_end):
            granted(agreement)
        granted(renewed, from_date=YEAR[1], until_date=datetime.date(2027, 6, 1))
        granted(far, until_date=datetime.date(2027, 1, 1), from_date=datetime.date(2026, 12, 1))
        operations.end_concession(
            actor=SYSTEM, agreement_id=far.pk, program_code="social", end_date=JULY, reason="Mistake"
        )
        ended(told_to_end, end_date=datetime.date(2026, 12, 20))

        rows = queries.list_ending(actor=SYSTEM, today=TODAY)

        assert [row.agreement_id for row in rows] == [near.pk]

    def test_knows_who_was_told(self):
        village(), program()
        made = granted(household())

        first = operations.warn(actor=SYSTEM, grant_ids=[made.pk], reason="Letter 44")
        second = operations.warn(actor=SYSTEM, grant_ids=[made.pk], reason="Letter 45")

        (row,) = queries.list_ending(actor=SYSTEM, today=TODAY)
        assert (first, second) == (1, 0)
        assert row.warned_at is not None
        assert GrantEvent.objects.get().effective_date == YEAR[1]


class TestProgram:
    @pytest.mark.parametrize(
        ("code", "terms", "refused"),
        [
            ("social", {"names": {"en": " "}}, "name_missing"),
            ("social", {"until_date": datetime.date(2019, 1, 1)}, "dates_reversed"),
            ("social", {"fund_code": "unknown"}, "fund_unknown"),
            ("social", {"categories": ["unknown"]}, "category_unknown"),
            ("social", {"percent_milli": 100_001}, "percentage_out_of_range"),
            ("Social-1", {}, "program_code_is_a_word_of_tariffs"),
        ],
    )
    def test_is_refused(self, code: str, terms: dict, refused: str):
        with pytest.raises(UnableToSaveProgram) as refusal:
            program(code, **terms)

        assert refusal.value.code == refused

    def test_is_not_cut_short_under_its_grants(self):
        village(), program()
        granted(household())

        with pytest.raises(UnableToSaveProgram) as refusal:
            program(until_date=JULY)

        assert refusal.value.code == "grants_outlast"

    def test_keeps_the_categories_that_were_billed(self):
        village()
        made = program(categories=["household"])
        made.uses.create(source_kind="billing_run", source_id=1, on_date=JULY, amount_minor=1)

        with pytest.raises(UnableToSaveProgram) as refusal:
            program()

        assert refusal.value.code == "categories_in_use"

    def test_ends_with_all_its_grants_each_by_an_event(self):
        village()
        made = program()
        agreements = [household(), household()]
        for agreement in agreements:
            granted(agreement)

        count = operations.end_program(actor=SYSTEM, program_id=made.pk, end_date=JULY, reason="Decree 9-2026")

        assert count == 2
        assert GrantEvent.objects.filter(kind="ENDED", effective_date=JULY).count() == 2
        assert all(in_force(agreement, JULY) == frozenset() for agreement in agreements)


class TestFund:
    def test_has_one_budget_at_a_time(self):
        made = fund()

        with pytest.raises(UnableToSaveFund) as refusal:
            operations.set_budget(
                actor=SYSTEM, fund_id=made.pk, from_date=JULY, until_date=YEAR[1], budget_minor=5, reason="Decree"
            )

        assert refusal.value.code == "fund_has_one_budget_at_a_time"

    def test_has_its_budget_raised(self):
        made = fund(budget_minor=100)

        fund(budget_minor=250)

        assert queries.stand(fund_id=made.pk, on_date=JULY).left_minor == 250

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"reason": ""}, "reason_missing"),
            ({"until_date": YEAR[0]}, "dates_reversed"),
            ({"budget_minor": 0}, "budget_not_positive"),
        ],
    )
    def test_is_refused_a_budget(self, asked: dict, code: str):
        made = fund()
        given = {"from_date": YEAR[0], "until_date": YEAR[1], "budget_minor": 100, "reason": "Decree"}

        with pytest.raises(UnableToSaveFund) as refusal:
            operations.set_budget(actor=SYSTEM, fund_id=made.pk, **(given | asked))

        assert refusal.value.code == code

    def test_has_a_name(self):
        with pytest.raises(UnableToSaveFund, match="name"):
            operations.save_fund(actor=SYSTEM, code="state", name=" ", provider="The state")
