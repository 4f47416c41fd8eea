"""The audit catches every change, by whatever path, and notices when it is tampered with."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from hydria.parties.models import Party
from hydria.platform import audit
from hydria.platform.access import Actor, Permission, UnableToPermit
from hydria.platform.models import AuditEntry, AuditSeal, User
from hydria.platform.transactions import acting

CLERK = Actor(name="clerk", user_id=7, permissions=frozenset({Permission.AUDIT_VIEW}))

pytestmark = pytest.mark.django_db(transaction=True)


def _party(number: str = "T1", name: str = "Ana") -> Party:
    return Party.objects.create(number=number, kind="PERSON", name=name, search_name=name.lower())


def _seal() -> AuditSeal:
    """Seal what waits; a transaction of another worker on the same server may hold it back for a moment."""
    for _attempt in range(1_200):
        with acting(CLERK):
            if seal := audit.seal_audit():
                return seal
        time.sleep(0.1)
    pytest.fail("nothing was sealed within two minutes")


class TestAuditTrigger:
    def test_signs_a_change_with_the_actor_and_the_reason(self):
        with acting(CLERK, reason="misspelled"):
            party = _party()
            party.name = "Anna"
            party.save()

        entry = AuditEntry.objects.get(action="UPDATE", table_name="parties_party")
        assert (entry.row_id, entry.actor, entry.actor_user_id, entry.reason) == (party.pk, "clerk", 7, "misspelled")
        assert (entry.before, entry.after) == ({"name": "Ana"}, {"name": "Anna"})

    def test_catches_bulk_sql_that_names_nobody(self):
        _party("T1"), _party("T2")

        with connection.cursor() as cursor:
            cursor.execute("UPDATE parties_party SET phone = '1'")

        entries = AuditEntry.objects.filter(action="UPDATE", table_name="parties_party")
        assert entries.count() == 2
        assert all(entry.actor.startswith("sql:") for entry in entries)

    def test_writes_nothing_when_nothing_changed(self):
        party = _party()

        party.save()

        assert not AuditEntry.objects.filter(action="UPDATE", table_name="parties_party").exists()

    def test_keeps_a_removed_row(self):
        party = _party(name="Luis")

        Party.objects.filter(id=party.pk).delete()

        assert AuditEntry.objects.get(action="DELETE", table_name="parties_party").before["name"] == "Luis"

    def test_never_holds_a_password(self):
        user = User.objects.create_user("eva", "a first password")
        user.set_password("a second password")
        user.full_name = "Eva"
        user.save()

        entry = AuditEntry.objects.get(action="UPDATE", table_name="platform_user")
        assert entry.after == {"full_name": "Eva"}


class TestSealAudit:
    def test_seals_each_entry_once(self):
        _party("T1")
        first = _seal()
        with acting(CLERK):
            nothing_new = audit.seal_audit()
        _party("T2")
        second = _seal()

        assert nothing_new is None
        assert second.previous_hash == first.hash
        assert second.from_transaction_id == first.until_transaction_id
        assert first.entry_count + second.entry_count == AuditEntry.objects.count()
        assert audit.find_broken_seals() == (2, [])

    def test_leaves_out_no_refusal(self):
        audit.record_access(actor_name="eve", user_id=9, what="/users/", refused=True)

        _seal()

        entry = AuditEntry.objects.get(action="REFUSED")
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin::text::bigint FROM platform_auditentry WHERE id = %s", [entry.pk])
            assert cursor.fetchone() == (entry.transaction_id,)

    @pytest.mark.parametrize(
        "tampering",
        [
            "UPDATE platform_auditentry SET actor = 'somebody else'",
            "UPDATE platform_auditentry SET actor = actor || '|' || actor_user_id, actor_user_id = NULL",
            "DELETE FROM platform_auditentry",
            "UPDATE platform_auditseal SET hash = repeat('f', 64)",
        ],
    )
    def test_shows_where_somebody_tampered(self, tampering: str):
        with acting(CLERK, reason="new customer"):
            _party()
        seal = _seal()

        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # as an intruder with all rights would
            cursor.execute(tampering)
            cursor.execute("SET session_replication_role = origin")

        assert audit.find_broken_seals() == (1, [seal.pk])

    def test_is_kept_by_the_database(self):
        _party()

        with pytest.raises(Exception, match="never changed"), connection.cursor() as cursor:
            cursor.execute("DELETE FROM platform_auditentry")


class TestListAuditEntries:
    def test_finds_old_and_new_values(self):
        with acting(CLERK, reason="moved"):
            party = _party()
            party.address = "Calle Duarte 5"
            party.save()
        _party("T2")

        found = audit.list_audit_entries(actor=CLERK, wanted=audit.AuditFilter(text="Duarte"))

        assert [entry.row_id for entry in found] == [party.pk]

    def test_is_refused_without_permission(self):
        nobody = Actor(name="nobody", permissions=frozenset())

        with pytest.raises(UnableToPermit) as refusal:
            audit.list_audit_entries(actor=nobody, wanted=audit.AuditFilter())

        assert refusal.value.code == "permission_missing"
