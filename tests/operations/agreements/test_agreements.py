from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.agreements import operations, queries
from hydria.agreements.models import AccountParty
from hydria.parties.models import PartyKind
from hydria.parties.operations import register_party
from hydria.platform.access import SYSTEM, Actor, UnableToPermit

pytestmark = pytest.mark.django_db

MARCH, APRIL = datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)


@pytest.fixture
def agreement():
    given.village()
    return given.household()


class TestStartService:
    def test_refuses_a_second_agreement_at_the_point(self, agreement):
        with pytest.raises(operations.UnableToStartService) as refused:
            given.agree(account=given.account(), service_point_id=agreement.service_point_id, start_date=MARCH)

        assert refused.value.code == "service_point_has_one_agreement_at_a_time"

    def test_takes_the_point_over_on_the_day_the_one_before_ended(self, agreement):
        operations.end_service(actor=SYSTEM, agreement_id=agreement.pk, end_date=MARCH, reason="Moved")

        successor = given.agree(account=given.account(), service_point_id=agreement.service_point_id, start_date=MARCH)

        assert successor.valid_during.lower == MARCH

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"account_id": 0}, "account_unknown"),
            ({"service_point_id": 0}, "service_point_unknown"),
            ({"category_code": "palace"}, "category_unknown"),
        ],
    )
    def test_refuses_what_the_register_does_not_know(self, agreement, changed, code):
        asked = {
            "account_id": agreement.account_id,
            "service_point_id": agreement.service_point_id,
            "start_date": MARCH,
            "tariff_code": "village_water",
            "category_code": "household",
        }

        with pytest.raises(operations.UnableToStartService) as refused:
            operations.start_service(actor=SYSTEM, **{**asked, **changed})

        assert refused.value.code == code

    def test_refuses_somebody_without_the_permission(self, agreement):
        with pytest.raises(UnableToPermit):
            operations.end_service(
                actor=Actor(name="x", permissions=frozenset()), agreement_id=agreement.pk, end_date=MARCH, reason="x"
            )


class TestChangeTerms:
    def change(self, agreement, *, from_date=MARCH, tariff_code="village_water_2"):
        return operations.change_terms(
            actor=SYSTEM,
            agreement_id=agreement.pk,
            from_date=from_date,
            tariff_code=tariff_code,
            category_code="household",
            inputs={},
            reason="New tariff",
        )

    def test_keeps_the_terms_before_for_the_days_before(self, agreement):
        self.change(agreement)

        terms = list(agreement.terms.order_by("valid_during"))
        assert [(found.tariff_code, found.valid_during.lower) for found in terms] == [
            ("village_water", given.FIRST_DAY),
            ("village_water_2", MARCH),
        ]
        assert terms[0].valid_during.upper == MARCH

    def test_changes_nothing_when_asked_again(self, agreement):
        first = self.change(agreement)

        assert self.change(agreement) == first

    def test_replaces_terms_that_began_on_the_same_day(self, agreement):
        self.change(agreement)

        self.change(agreement, tariff_code="village_water_3")

        assert agreement.terms.count() == 2

    def test_refuses_to_change_the_past_under_a_later_change(self, agreement):
        self.change(agreement)

        with pytest.raises(operations.UnableToChangeTerms) as refused:
            self.change(agreement, from_date=datetime.date(2026, 2, 1), tariff_code="village_water_3")

        assert refused.value.code == "later_change_exists"


class TestEndService:
    def test_ends_terms_and_exemptions_with_it(self, agreement):
        operations.grant_exemption(
            actor=SYSTEM, agreement_id=agreement.pk, code="vat", evidence="Law 1", from_date=given.FIRST_DAY
        )

        operations.end_service(actor=SYSTEM, agreement_id=agreement.pk, end_date=MARCH, reason="Moved")

        assert agreement.terms.get().valid_during.upper == MARCH
        assert agreement.exemptions.get().valid_during.upper == MARCH

    def test_changes_nothing_when_asked_again(self, agreement):
        for _time in range(2):
            operations.end_service(actor=SYSTEM, agreement_id=agreement.pk, end_date=MARCH, reason="Moved")

        agreement.refresh_from_db()
        assert agreement.valid_during.upper == MARCH

    def test_refuses_another_last_day(self, agreement):
        operations.end_service(actor=SYSTEM, agreement_id=agreement.pk, end_date=MARCH, reason="Moved")

        with pytest.raises(operations.UnableToEndService) as refused:
            operations.end_service(
                actor=SYSTEM, agreement_id=agreement.pk, end_date=MARCH + datetime.timedelta(days=1), reason="Moved"
            )

        assert refused.value.code == "ended_already"


class TestChangeHolder:
    def test_gives_the_account_to_one_holder_after_the_other(self, agreement):
        heir = register_party(actor=SYSTEM, kind=PartyKind.PERSON, name="Eva", on_date=MARCH)

        operations.change_holder(
            actor=SYSTEM, account_id=agreement.account_id, holder_id=heir.pk, from_date=MARCH, reason="Inherited"
        )

        holders = AccountParty.objects.filter(account=agreement.account).order_by("valid_during")
        assert [holder.valid_during.upper for holder in holders] == [MARCH, None]


class TestGrantExemption:
    ASKED = {"code": "vat", "evidence": "Law 1", "from_date": MARCH}

    def test_changes_nothing_when_asked_again(self, agreement):
        first = operations.grant_exemption(actor=SYSTEM, agreement_id=agreement.pk, **self.ASKED)

        assert operations.grant_exemption(actor=SYSTEM, agreement_id=agreement.pk, **self.ASKED) == first

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"evidence": "Law 2"}, "exemption_is_granted_once_at_a_time"),
            ({"from_date": datetime.date(2019, 1, 1)}, "date_outside_agreement"),
            ({"until_date": MARCH}, "dates_reversed"),
            ({"code": " "}, "code_missing"),
        ],
    )
    def test_refuses_what_cannot_be_granted(self, agreement, changed, code):
        operations.grant_exemption(actor=SYSTEM, agreement_id=agreement.pk, **self.ASKED)

        with pytest.raises(operations.UnableToGrantExemption) as refused:
            operations.grant_exemption(actor=SYSTEM, agreement_id=agreement.pk, **{**self.ASKED, **changed})

        assert refused.value.code == code

    def test_ends_when_its_reason_does(self, agreement):
        granted = operations.grant_exemption(actor=SYSTEM, agreement_id=agreement.pk, **self.ASKED)

        for _time in range(2):
            operations.end_exemption(actor=SYSTEM, exemption_id=granted.pk, end_date=APRIL, reason="Sold")

        assert agreement.exemptions.get().valid_during.upper == APRIL

    def test_asks_for_the_evidence(self, agreement):
        with pytest.raises(operations.UnableToGrantExemption) as refused:
            operations.grant_exemption(
                actor=SYSTEM, agreement_id=agreement.pk, code="vat", evidence=" ", from_date=MARCH
            )

        assert refused.value.code == "evidence_missing"


class TestExcludeFromBilling:
    def test_is_reviewed_and_ended(self, agreement):
        operations.exclude_from_billing(
            actor=SYSTEM, agreement_id=agreement.pk, reason="Our own office", from_date=MARCH, review_date=APRIL
        )

        listed = queries.list_exclusions(actor=SYSTEM, today=MARCH).get()
        operations.include_in_billing(actor=SYSTEM, agreement_id=agreement.pk, from_date=APRIL, reason="Sold")

        assert (listed.start_date, listed.end_date, listed.review_date) == (MARCH, None, APRIL)
        assert listed.holder_name.startswith("Ana")
        assert not queries.list_exclusions(actor=SYSTEM, today=APRIL).exists()


class TestSuspendService:
    def suspend(self, agreement, **changed):
        asked = {"reason": "Empty house", "from_date": MARCH, "until_date": None, "is_billed": False, **changed}
        return operations.suspend_service(actor=SYSTEM, agreement_id=agreement.pk, **asked)

    def test_leaves_the_agreement_out_of_billing_for_as_long(self, agreement):
        self.suspend(agreement)
        self.suspend(agreement)

        operations.resume_service(actor=SYSTEM, agreement_id=agreement.pk, from_date=APRIL, reason="Back")
        operations.resume_service(actor=SYSTEM, agreement_id=agreement.pk, from_date=APRIL, reason="Back")

        assert [found.valid_during.upper for found in agreement.suspensions.all()] == [APRIL]
        assert [found.valid_during.upper for found in agreement.billing_exclusions.all()] == [APRIL]

    def test_goes_on_billing_where_the_tariff_is_due(self, agreement):
        self.suspend(agreement, is_billed=True)

        assert not agreement.billing_exclusions.exists()

    def test_leaves_no_trace_when_resumed_on_its_first_day(self, agreement):
        self.suspend(agreement)

        operations.resume_service(actor=SYSTEM, agreement_id=agreement.pk, from_date=MARCH, reason="A mistake")

        assert not agreement.suspensions.exists()
        assert not agreement.billing_exclusions.exists()

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"reason": " "}, "reason_missing"),
            ({"until_date": MARCH}, "dates_reversed"),
            ({"from_date": datetime.date(2019, 1, 1)}, "date_outside_agreement"),
            ({"reason": "Another"}, "agreement_is_suspended_once_at_a_time"),
        ],
    )
    def test_refuses_what_cannot_be(self, agreement, changed, code):
        self.suspend(agreement, is_billed=True)

        with pytest.raises(operations.UnableToSuspend) as refused:
            self.suspend(agreement, is_billed=True, **changed)

        assert refused.value.code == code

    def test_ends_with_the_agreement(self, agreement):
        self.suspend(agreement)

        operations.end_service(actor=SYSTEM, agreement_id=agreement.pk, end_date=APRIL, reason="Moved")

        assert agreement.suspensions.get().valid_during.upper == APRIL

    def test_resumes_only_what_is_suspended(self, agreement):
        with pytest.raises(operations.UnableToSuspend) as refused:
            operations.resume_service(actor=SYSTEM, agreement_id=agreement.pk, from_date=APRIL, reason="Back")

        assert refused.value.code == "not_suspended"
