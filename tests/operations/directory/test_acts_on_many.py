"""Acts on many rows: rehearsed row by row, done row by row, taken back row by row."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from billing_factories import NOW, household, village
from desk_factories import company, person
from hydria.agreements import queries as agreements
from hydria.agreements.models import BillingExclusion
from hydria.customers.domain.procedures import MarkerKind
from hydria.customers.models import Marker
from hydria.customers.operations import raise_marker
from hydria.customers.queries import About
from hydria.directory import operations
from hydria.directory.domain.acts import ActKind, ActState, Subject
from hydria.directory.models import BulkAct, BulkActRow, Selection, SelectionMember
from hydria.directory.operations import Listed, UnableToActOnMany, UnableToKeepSelection
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.platform.models import AuditEntry, Role
from hydria.premises.models import Category, Route, Sector, ServicePoint

pytestmark = pytest.mark.django_db
DAY = "2026-02-01"


def administrator() -> Actor:
    company()
    return person("administrator").to_actor()


def accounts(actor: Actor) -> Listed:
    rows = agreements.list_accounts(actor=actor, today=datetime.date(2026, 2, 1)).values_list("pk", "number")
    return Listed(subject=Subject.ACCOUNT, listing="accounts", query="", rows=rows)


def prepared(actor: Actor, kind: ActKind, **arguments: object) -> BulkAct:
    act = operations.prepare_act(
        actor=actor,
        kind=kind,
        arguments={"from_date": DAY, **arguments},
        reason="Decision 7/2026",
        listed=accounts(actor),
        requested_at=NOW,
    )
    return worked(act)


def worked(act: BulkAct) -> BulkAct:
    operations.work_on(act_id=act.pk, now=NOW)
    act.refresh_from_db()
    return act


def done(actor: Actor, act: BulkAct) -> BulkAct:
    operations.begin_act(actor=actor, act_id=act.pk, at=NOW)
    return worked(act)


def taken_back(actor: Actor, act: BulkAct) -> BulkAct:
    undoing = worked(operations.take_back(actor=actor, act_id=act.pk, reason="A mistake", requested_at=NOW))
    return done(actor, undoing)


def results(act: BulkAct) -> list[str]:
    return list(act.rows.order_by("id").values_list("state", flat=True))


class TestAct:
    def test_is_rehearsed_without_changing_anything(self):
        actor = administrator()
        village()
        household()

        act = prepared(actor, ActKind.EXCLUDE)

        assert (act.state, results(act)) == (ActState.READY, ["READY"])
        assert not BillingExclusion.objects.exists()

    def test_gives_each_row_its_own_result(self):
        actor = administrator()
        village()
        homes = [household(), household(start_date=datetime.date(2026, 6, 1)), household()]
        raise_marker(
            actor=SYSTEM,
            about=About(account_id=homes[2].account_id),
            kind=MarkerKind.LEGAL,
            reason="Court",
            from_date=datetime.date(2026, 1, 1),
        )

        excluded = done(actor, prepared(actor, ActKind.EXCLUDE))
        warned = done(actor, prepared(actor, ActKind.RAISE_ALERT, marker="LEGAL"))

        assert results(excluded) == ["DONE", "REFUSED", "DONE"]
        assert excluded.rows.get(state="REFUSED").code == "not_in_force"
        assert results(warned) == ["DONE", "DONE", "UNCHANGED"]
        assert BillingExclusion.objects.count() == 2

    def test_is_done_once_however_often_the_job_runs(self):
        actor = administrator()
        village()
        household()
        act = done(actor, prepared(actor, ActKind.EXCLUDE))

        operations.begin_act(actor=actor, act_id=act.pk, at=NOW)
        worked(act)

        assert BillingExclusion.objects.count() == 1
        assert results(act) == ["DONE"]

    def test_goes_on_where_a_killed_job_stopped(self, monkeypatch):
        actor = administrator()
        village()
        for _home in range(3):
            household()
        monkeypatch.setattr(operations, "ROWS_AT_ONCE", 1)
        act = prepared(actor, ActKind.EXCLUDE)
        operations.begin_act(actor=actor, act_id=act.pk, at=NOW)
        real, calls = operations._work_on_some, []

        def dying(*arguments: object, **named: object) -> None:
            if len(calls) == 2:
                raise ConnectionError
            calls.append(1)
            real(*arguments, **named)

        monkeypatch.setattr(operations, "_work_on_some", dying)
        with pytest.raises(ConnectionError):
            operations.work_on(act_id=act.pk, now=NOW)
        before = results(act)
        monkeypatch.setattr(operations, "_work_on_some", real)
        worked(act)

        assert before == ["DONE", "DONE", "READY"]
        assert results(act) == ["DONE"] * 3
        assert BillingExclusion.objects.count() == 3

    def test_is_signed_by_the_person_who_agreed_in_the_audit(self):
        actor = administrator()
        village()
        household()

        done(actor, prepared(actor, ActKind.EXCLUDE))

        entry = AuditEntry.objects.get(table_name="agreements_billingexclusion")
        assert (entry.actor, entry.reason) == ("administrator", "Decision 7/2026")

    def test_refuses_every_row_to_somebody_who_has_lost_the_right_meanwhile(self):
        actor = administrator()
        village()
        household()
        act = prepared(actor, ActKind.EXCLUDE)
        operations.begin_act(actor=actor, act_id=act.pk, at=NOW)
        Role.objects.filter(code="administrator").update(permissions=[])

        worked(act)

        assert results(act) == ["REFUSED"]
        assert not BillingExclusion.objects.exists()

    @pytest.mark.parametrize("lost", [Permission.BULK_ACT, Permission.AGREEMENT_EDIT])
    def test_takes_the_right_to_the_act_and_to_act_on_many(self, lost):
        actor = administrator()
        village()
        household()
        weaker = dataclasses.replace(actor, permissions=actor.permissions - {lost})

        with pytest.raises(UnableToPermit):
            prepared(weaker, ActKind.EXCLUDE)

    def test_refuses_what_does_not_fit_and_what_is_empty(self):
        actor = administrator()
        village()

        with pytest.raises(UnableToActOnMany) as empty:
            prepared(actor, ActKind.EXCLUDE)
        meters = dataclasses.replace(accounts(actor), subject=Subject.METER)
        with pytest.raises(UnableToActOnMany) as unfit:
            operations.prepare_act(
                actor=actor, kind=ActKind.EXCLUDE, arguments={}, reason="x", listed=meters, requested_at=NOW
            )

        assert (empty.value.code, unfit.value.code) == ("nothing_listed", "act_does_not_fit")

    def test_that_was_left_is_never_done(self):
        actor = administrator()
        village()
        household()
        act = prepared(actor, ActKind.EXCLUDE)
        operations.abandon_act(actor=actor, act_id=act.pk, at=NOW)

        with pytest.raises(UnableToActOnMany) as refusal:
            operations.begin_act(actor=actor, act_id=act.pk, at=NOW)

        assert refusal.value.code == "not_ready"


class TestTakeBack:
    def test_leaves_everything_as_it_was(self):
        actor = administrator()
        village()
        home = household()
        Category.objects.create(code="shop", name="Shop")
        Route.objects.create(code="R2", name="Other", sector=Sector.objects.get(), cycle=Route.objects.get().cycle)
        selection = kept(actor, is_frozen=True)
        household()
        acts = {
            ActKind.EXCLUDE: {},
            ActKind.RAISE_ALERT: {"marker": "FRAUD"},
            ActKind.CHANGE_TERMS: {"category_code": "shop"},
            ActKind.CHANGE_ROUTE: {"route_code": "R2"},
            ActKind.ADD_TO_SELECTION: {"selection_id": selection.pk},
        }
        place = ServicePoint.objects.get(pk=home.service_point_id)
        for kind, arguments in acts.items():
            act = done(actor, prepared(actor, kind, **arguments))
            assert "DONE" in results(act), kind
            undone = taken_back(actor, act)
            assert set(results(undone)) == {"DONE"}, kind

        assert not BillingExclusion.objects.exists()
        assert not Marker.objects.exists()
        assert {terms.category.code for terms in home.terms.all()} == {"household"}
        moved = ServicePoint.objects.get(pk=home.service_point_id)
        assert (moved.route_id, moved.route_sequence) == (place.route_id, place.route_sequence)
        assert SelectionMember.objects.filter(selection=selection).count() == 1
        selection.refresh_from_db()
        assert selection.member_count == 1

    def test_puts_back_what_was_lifted_or_billed_again(self):
        actor = administrator()
        village()
        household()
        done(actor, prepared(actor, ActKind.EXCLUDE))
        done(actor, prepared(actor, ActKind.RAISE_ALERT, marker="FRAUD"))

        billed = done(actor, prepared(actor, ActKind.INCLUDE, from_date="2026-03-01"))
        lifted = done(actor, prepared(actor, ActKind.LIFT_ALERT, marker="FRAUD", from_date="2026-03-01"))
        taken_back(actor, billed)
        taken_back(actor, lifted)

        day = datetime.date(2026, 4, 1)
        assert BillingExclusion.objects.filter(valid_during__contains=day).count() == 1
        assert Marker.objects.filter(valid_during__contains=day).count() == 1

    def test_is_asked_once_and_is_not_taken_back_itself(self):
        actor = administrator()
        village()
        household()
        act = done(actor, prepared(actor, ActKind.EXCLUDE))
        undone = taken_back(actor, act)

        again = operations.take_back(actor=actor, act_id=act.pk, reason="Again", requested_at=NOW)

        assert again == undone
        with pytest.raises(UnableToActOnMany) as refusal:
            operations.take_back(actor=actor, act_id=undone.pk, reason="Back", requested_at=NOW)
        assert refusal.value.code == "undone_already"


def kept(actor: Actor, *, name: str = "Winter", is_frozen: bool) -> Selection:
    return operations.keep_selection(
        actor=actor, name=name, purpose="Campaign", listed=accounts(actor), is_frozen=is_frozen, made_at=NOW
    )


class TestSelection:
    def test_that_is_frozen_keeps_whoever_was_in_the_list(self):
        actor = administrator()
        village()
        first = household()
        selection = kept(actor, is_frozen=True)
        household()

        members = SelectionMember.objects.filter(selection=selection).values_list("object_id", flat=True)

        assert (selection.member_count, list(members)) == (1, [first.account_id])

    def test_has_a_name_of_its_own_until_it_is_retired(self):
        actor = administrator()
        village()
        selection = kept(actor, is_frozen=True)

        with pytest.raises(UnableToKeepSelection) as taken:
            kept(actor, is_frozen=True)
        operations.retire_selection(actor=actor, selection_id=selection.pk, retired_at=NOW)
        kept(actor, is_frozen=True)

        assert taken.value.code == "name_means_one_selection"

    def test_of_a_colleague_is_not_retired_by_others(self):
        actor = administrator()
        village()
        selection = kept(actor, is_frozen=False)
        other = Actor(name="other", permissions=frozenset({Permission.REGISTER_VIEW}))

        with pytest.raises(UnableToKeepSelection) as refusal:
            operations.retire_selection(actor=other, selection_id=selection.pk, retired_at=NOW)

        assert refusal.value.code == "not_yours"


class TestRow:
    def test_is_never_exchanged_for_another(self):
        from django.db import IntegrityError

        actor = administrator()
        village()
        household()
        act = prepared(actor, ActKind.EXCLUDE)

        with pytest.raises(IntegrityError, match="never changed"):
            BulkActRow.objects.filter(act=act).update(object_id=999)
