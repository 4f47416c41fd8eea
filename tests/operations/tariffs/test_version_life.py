"""A version's way from the first word to the customers: each act, each refusal, and what the database keeps."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

import billing_factories as given
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.platform.models import AuditEntry
from hydria.platform.transactions import acting
from hydria.tariffs import operations
from hydria.tariffs.domain.states import LEADS_TO, MAY_START, Act, VersionState
from hydria.tariffs.models import TariffVersion, VersionEvent
from hydria.tariffs.queries import get_version

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 6, 1, 9, tzinfo=datetime.UTC)
NEXT_YEAR = datetime.date(2027, 1, 1)
WRITER = Actor(
    name="Héctor",
    user_id=1,
    permissions=frozenset({Permission.TARIFF_VIEW, Permission.TARIFF_EDIT, Permission.TARIFF_SIMULATE}),
)
MANAGER = Actor(
    name="Ana",
    user_id=2,
    permissions=frozenset({Permission.TARIFF_VIEW, Permission.TARIFF_APPROVE, Permission.TARIFF_PUBLISH}),
)
EVERYTHING = Actor(name="Root", user_id=3, permissions=frozenset(Permission))
DEARER = given.TARIFF.replace("price: 10.00", "price: 11.00").replace("200.00", "210.00").replace("318", "328")


def draft(text: str = given.TARIFF, *, by: Actor = WRITER) -> TariffVersion:
    return operations.start_draft(actor=by, text=text, written_at=NOW)


def checked(text: str = given.TARIFF, *, by: Actor = WRITER) -> TariffVersion:
    return operations.check_draft(actor=by, version_id=draft(text, by=by).pk, checked_at=NOW)


def simulated(text: str = given.TARIFF, *, by: Actor = WRITER) -> TariffVersion:
    version = checked(text, by=by)
    return operations.note_simulation(draft_id=version.pk, simulation_code="SIM-1", actor=by, at=NOW)


def approved(text: str = given.TARIFF) -> TariffVersion:
    return operations.approve_version(actor=MANAGER, version_id=simulated(text).pk, approved_at=NOW)


def publish(version: TariffVersion, *, from_date: datetime.date = NEXT_YEAR) -> TariffVersion:
    with acting(MANAGER, reason="publish"):
        return operations.publish_approved(actor=MANAGER, version_id=version.pk, from_date=from_date, published_at=NOW)


class TestLife:
    def test_leads_from_the_first_word_to_the_customers(self):
        version = publish(approved())

        acts = version.events.order_by("id").values_list("act", "actor")
        assert list(acts) == [
            ("WRITTEN", "Héctor"),
            ("CHECKED", "Héctor"),
            ("SIMULATED", "Héctor"),
            ("APPROVED", "Ana"),
            ("PUBLISHED", "Ana"),
        ]
        assert (version.state, version.from_date, version.published_by) == ("PUBLISHED", NEXT_YEAR, "Ana")
        assert [charge.label for charge in get_version(version_id=version.pk).charges][:1] == ["fixed"]

    def test_is_audited_with_actor_and_reason(self):
        version = draft()

        operations.withdraw_draft(actor=WRITER, version_id=version.pk, reason="Council said no", withdrawn_at=NOW)

        entry = AuditEntry.objects.filter(table_name="tariffs_tariffversion", action="UPDATE").latest("id")
        assert (entry.actor, entry.reason, entry.after["state"]) == ("Héctor", "Council said no", "WITHDRAWN")

    def test_keeps_every_text_that_was_ever_saved(self):
        version = draft()

        operations.save_draft(
            actor=WRITER, version_id=version.pk, text=DEARER, known_hash=version.text_hash, written_at=NOW
        )

        assert list(version.events.order_by("id").values_list("text", flat=True)) == [given.TARIFF, DEARER]


class TestStartDraft:
    def test_keeps_a_text_that_is_not_right_yet(self):
        assert draft("tariff: new_one\ncharges: [").state == "DRAFT"

    def test_refuses_a_text_without_a_name(self):
        with pytest.raises(operations.UnableToWriteVersion) as refusal:
            draft("charges: []")
        assert refusal.value.code == "name_missing"

    def test_is_for_writers(self):
        with pytest.raises(UnableToPermit):
            draft(by=MANAGER)


class TestSaveDraft:
    def save(self, version: TariffVersion, text: str, *, known_hash: str = "") -> TariffVersion:
        return operations.save_draft(
            actor=WRITER,
            version_id=version.pk,
            text=text,
            known_hash=known_hash or version.text_hash,
            written_at=NOW,
        )

    def test_makes_a_checked_version_a_draft_again(self):
        version = self.save(checked(), DEARER)

        assert (version.state, version.version_hash, version.text) == ("DRAFT", "", DEARER)

    def test_changes_nothing_when_the_text_is_the_same(self):
        assert self.save(checked(), given.TARIFF).state == "CHECKED"

    def test_overwrites_nobody(self):
        version = draft()
        seen_hash = version.text_hash
        self.save(version, DEARER)

        with pytest.raises(operations.UnableToWriteVersion) as refusal:
            self.save(version, given.TARIFF + "\n", known_hash=seen_hash)
        assert refusal.value.code == "text_changed_meanwhile"

    def test_keeps_the_name_of_the_tariff(self):
        with pytest.raises(operations.UnableToWriteVersion) as refusal:
            self.save(draft(), given.TARIFF.replace("tariff: village_water", "tariff: town_water"))
        assert refusal.value.code == "name_changed"

    def test_leaves_a_published_text_alone(self):
        with pytest.raises(operations.UnableToMoveVersion):
            self.save(publish(approved()), DEARER)


class TestCheckDraft:
    @pytest.mark.parametrize(
        ("wrong", "right", "code"),
        [
            ("shape: fixed", "shape: fxed", "text_invalid"),
            ("price: 10.00", "price: 10.01", "cases_failed"),
            ("tariff: village_water", "tariff: 'village_water' # a name\ntariff: other", "text_invalid"),
        ],
    )
    def test_refuses_what_is_not_right(self, wrong, right, code):
        version = draft(given.TARIFF.replace(wrong, right))

        with pytest.raises(operations.UnableToCheckVersion) as refusal:
            operations.check_draft(actor=WRITER, version_id=version.pk, checked_at=NOW)
        assert refusal.value.code == code

    def test_asks_for_a_worked_bill(self):
        version = draft(given.TARIFF.split("cases:")[0])

        with pytest.raises(operations.UnableToCheckVersion) as refusal:
            operations.check_draft(actor=WRITER, version_id=version.pk, checked_at=NOW)
        assert refusal.value.code == "cases_missing"

    def test_says_how_much_was_checked(self):
        found = checked().events.get(act="CHECKED").data

        assert found == {"cases": 1, "accounts": operations.RANDOM_ACCOUNTS}

    def test_changes_nothing_the_second_time(self):
        version = checked()

        operations.check_draft(actor=WRITER, version_id=version.pk, checked_at=NOW)

        assert version.events.filter(act="CHECKED").count() == 1


class TestNoteSimulation:
    def test_notes_each_simulation_once(self):
        version = simulated()

        for code in ("SIM-1", "SIM-2"):
            operations.note_simulation(draft_id=version.pk, simulation_code=code, actor=WRITER, at=NOW)

        codes = version.events.filter(act="SIMULATED").order_by("id").values_list("data__simulation", flat=True)
        assert list(codes) == ["SIM-1", "SIM-2"]

    def test_wants_a_checked_text(self):
        with pytest.raises(operations.UnableToMoveVersion):
            operations.note_simulation(draft_id=draft().pk, simulation_code="SIM-1", actor=WRITER, at=NOW)


class TestApproveVersion:
    def test_refuses_who_has_written_any_of_its_texts(self):
        version = simulated(by=EVERYTHING)

        with pytest.raises(operations.UnableToMoveVersion) as refusal:
            operations.approve_version(actor=EVERYTHING, version_id=version.pk, approved_at=NOW)
        assert refusal.value.code == "own_text"

    def test_wants_a_simulation_first(self):
        with pytest.raises(operations.UnableToMoveVersion):
            operations.approve_version(actor=MANAGER, version_id=checked().pk, approved_at=NOW)

    def test_is_not_for_writers(self):
        with pytest.raises(UnableToPermit):
            operations.approve_version(actor=WRITER, version_id=simulated().pk, approved_at=NOW)


class TestSendBack:
    def test_makes_it_a_draft_with_the_reason(self):
        version = operations.send_back(
            actor=MANAGER, version_id=simulated().pk, reason="The poor pay more", refused_at=NOW
        )

        assert (version.state, version.events.latest("id").reason) == ("DRAFT", "The poor pay more")

    def test_wants_a_reason(self):
        with pytest.raises(operations.UnableToMoveVersion) as refusal:
            operations.send_back(actor=MANAGER, version_id=simulated().pk, reason=" ", refused_at=NOW)
        assert refusal.value.code == "reason_missing"


class TestPublishApproved:
    def test_refuses_a_day_on_which_another_version_starts(self):
        publish(approved())
        second = approved(DEARER)

        with pytest.raises(operations.UnableToPublishVersion) as refusal:
            publish(second)
        assert refusal.value.code == "date_taken"

    def test_ends_the_version_before_it_on_that_day(self):
        operations.publish_version(actor=SYSTEM, text=given.TARIFF, published_at=NOW)
        publish(approved(DEARER))

        with transaction.atomic():
            from django.db import connection

            with connection.cursor() as cursor:
                cursor.execute("SELECT in_force_during FROM tariffs_versioninforce ORDER BY in_force_during")
                ranges = [row[0] for row in cursor.fetchall()]
        assert [(found.lower, found.upper) for found in ranges] == [
            (datetime.date.min, NEXT_YEAR),
            (NEXT_YEAR, None),
        ]


class TestPublishVersion:
    def test_puts_a_text_in_force_in_the_place_of_the_one_before(self):
        operations.publish_version(actor=SYSTEM, text=given.TARIFF, published_at=NOW)
        operations.publish_version(actor=SYSTEM, text=DEARER, published_at=NOW)

        states = TariffVersion.objects.order_by("sequence").values_list("state", flat=True)
        assert list(states) == ["WITHDRAWN", "PUBLISHED"]

    def test_changes_nothing_the_second_time(self):
        first = operations.publish_version(actor=SYSTEM, text=given.TARIFF, published_at=NOW)

        assert operations.publish_version(actor=SYSTEM, text=given.TARIFF, published_at=NOW).pk == first.pk

    def test_is_not_for_persons(self):
        with pytest.raises(operations.UnableToMoveVersion) as refusal:
            operations.publish_version(actor=EVERYTHING, text=given.TARIFF, published_at=NOW)
        assert refusal.value.code == "persons_do_not_install"


class TestDatabase:
    def refused_by(self, act: Act, version: TariffVersion, *, actor: Actor = MANAGER, text_hash: str = "") -> str:
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            VersionEvent.objects.create(
                version=version,
                act=act,
                actor=actor.name,
                actor_user_id=actor.user_id,
                happened_at=NOW,
                reason="by hand",
                text="x" if act == Act.WRITTEN else "",
                text_hash=text_hash or version.text_hash,
                from_date=NEXT_YEAR if act in (Act.PUBLISHED, Act.INSTALLED) else None,
            )
        return refusal.value.__cause__.diag.constraint_name

    def test_lets_no_writer_approve(self):
        assert self.refused_by(Act.APPROVED, simulated(), actor=WRITER) == "who_writes_never_approves"

    def test_lets_no_person_install(self):
        assert self.refused_by(Act.INSTALLED, draft()) == "persons_do_not_install"

    def test_wants_the_text_that_was_checked(self):
        refused = self.refused_by(Act.APPROVED, simulated(), text_hash="0" * 64)

        assert refused == "event_is_about_the_text_as_it_stands"

    def test_knows_what_a_text_is_called(self):
        assert self.refused_by(Act.WRITTEN, draft()) == "hash_is_that_of_the_text"

    @pytest.mark.parametrize("change", [{"text": DEARER}, {"state": "APPROVED"}, {"from_date": NEXT_YEAR}])
    def test_changes_a_version_by_its_events_alone(self, change):
        version = checked()

        with pytest.raises(IntegrityError, match="events alone"), transaction.atomic():
            TariffVersion.objects.filter(pk=version.pk).update(**change)

    def test_never_changes_an_event(self):
        event = draft().events.get()

        with pytest.raises(IntegrityError), transaction.atomic():
            VersionEvent.objects.filter(pk=event.pk).update(actor="somebody else")

    def test_knows_the_same_moves_as_the_domain(self):
        source = Path(operations.__file__).parent / "migrations" / "0004_life_guards.py"
        rows = re.findall(r"\('(\w+)',\s+'(\w+)',\s+ARRAY\[([^\]]+)\]\)", source.read_text())

        moves = {act: (leads_to, tuple(re.findall(r"\w+", starts))) for act, leads_to, starts in rows}
        assert moves == {str(act): (str(LEADS_TO[act]), tuple(str(state) for state in MAY_START[act])) for act in Act}

    @pytest.mark.parametrize("act", [Act.SIMULATED, Act.APPROVED, Act.PUBLISHED])
    def test_refuses_acts_that_a_draft_is_not_ready_for(self, act):
        assert VersionState.DRAFT not in MAY_START[act]
        assert self.refused_by(act, draft()) == "version_moves_as_the_table_says"
