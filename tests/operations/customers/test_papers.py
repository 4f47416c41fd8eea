from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from hydria.customers import operations, queries
from hydria.customers.domain.procedures import MarkerKind, Procedure
from hydria.customers.models import Attachment, Marker, Note
from hydria.customers.queries import About
from hydria.kernel.filetypes import SIZE_BYTES_MAX
from hydria.platform.access import SYSTEM, Actor, UnableToPermit
from hydria.platform.files import read_file
from money_factories import account

pytestmark = pytest.mark.django_db

MARCH, APRIL = datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)
NOW = datetime.datetime(2026, 3, 1, 9, tzinfo=datetime.UTC)
PDF = b"%PDF-1.7 signed"


@pytest.fixture
def about():
    return About(account_id=account().pk)


def attach(about, **changed):
    asked = {"content": PDF, "title": "Deed", "added_at": NOW, **changed}
    return operations.attach_file(actor=SYSTEM, about=about, **asked)


class TestWriteNote:
    def test_is_never_changed(self, about):
        operations.write_note(actor=SYSTEM, about=about, text=" Called ", written_at=NOW)

        with pytest.raises(IntegrityError), transaction.atomic():
            Note.objects.update(text="Never called")

        assert Note.objects.get().text == "Called"

    def test_is_one_when_sent_twice_and_two_when_meant_twice(self, about):
        for minutes in (0, 0, 10):
            written_at = NOW + datetime.timedelta(minutes=minutes)
            operations.write_note(actor=SYSTEM, about=about, text="Called", written_at=written_at)

        assert Note.objects.count() == 2

    def test_is_about_one_account_or_party(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            Note.objects.create(text="Lost", written_by="rosa", written_at=NOW)


class TestAttachFile:
    def test_keeps_the_content_under_its_hash_once(self, about):
        first = attach(about)
        again = attach(about)

        assert first == again
        assert read_file(Attachment.objects.get().file) == PDF

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"content": b"<html>"}, "file_kind_unknown"),
            ({"content": PDF + b" " * SIZE_BYTES_MAX}, "file_too_large"),
            ({"type_code": "moon"}, "type_unknown"),
        ],
    )
    def test_refuses_what_is_not_kept(self, about, changed, code):
        with pytest.raises(operations.UnableToKeepPaper) as refused:
            attach(about, **changed)

        assert refused.value.code == code

    def test_says_when_it_no_longer_counts(self, about):
        operations.save_document_type(actor=SYSTEM, code="id", name="Identity card", procedures=[Procedure.MOVE])
        attach(about, type_code="id", expires_date=APRIL)

        (card,) = queries.get_dossier(account_id=about.account_id, party_id=None, today=APRIL, notes_max=5).attachments

        assert (card.type_name, card.is_expired) == ("Identity card", True)

    def test_is_out_of_sight_once_withdrawn(self, about):
        kept = attach(about)

        operations.withdraw_attachment(actor=SYSTEM, attachment_id=kept.pk, reason="Another customer's")

        assert not queries.get_dossier(account_id=about.account_id, party_id=None, today=MARCH, notes_max=5).attachments
        assert Attachment.objects.get().withdrawn_reason == "Another customer's"

    def test_is_for_those_who_may_edit_the_register(self, about):
        with pytest.raises(UnableToPermit):
            operations.attach_file(
                actor=Actor(name="x", permissions=frozenset()), about=about, content=PDF, title="x", added_at=NOW
            )


class TestRaiseMarker:
    def raise_fraud(self, about, **changed):
        asked = {"kind": MarkerKind.FRAUD, "reason": "Bypass found", "from_date": MARCH, **changed}
        return operations.raise_marker(actor=SYSTEM, about=about, **asked)

    def test_is_in_force_until_it_is_lifted(self, about):
        marker = self.raise_fraud(about)
        assert self.raise_fraud(about) == marker

        for _time in range(2):
            operations.lift_marker(actor=SYSTEM, marker_id=marker.pk, end_date=APRIL, reason="Cleared")

        def seen(day):
            return queries.get_dossier(account_id=about.account_id, party_id=None, today=day, notes_max=1).markers

        assert len(seen(MARCH)) == 1
        assert not seen(APRIL)

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"reason": " "}, "reason_missing"),
            ({"until_date": MARCH}, "dates_reversed"),
            ({"reason": "Another"}, "account_has_one_alert_of_a_kind_at_a_time"),
        ],
    )
    def test_refuses_what_cannot_be(self, about, changed, code):
        self.raise_fraud(about)

        with pytest.raises(operations.UnableToKeepPaper) as refused:
            self.raise_fraud(about, **changed)

        assert refused.value.code == code
        assert Marker.objects.count() == 1


class TestSaveContractTemplate:
    def test_refuses_a_name_that_no_contract_knows(self):
        with pytest.raises(operations.UnableToSetFrontOffice) as refused:
            operations.save_contract_template(actor=SYSTEM, name="Service", language="en", text="{{shoe_size}}")

        assert (refused.value.code, refused.value.data["name"]) == ("field_unknown", "shoe_size")

    def test_changes_the_text_under_its_name(self):
        for text in ("First", "Second"):
            operations.save_contract_template(actor=SYSTEM, name="Service", language="en", text=text)

        assert queries.list_contract_templates().get().text == "Second"
