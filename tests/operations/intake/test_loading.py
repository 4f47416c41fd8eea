"""A file is loaded as a whole or not at all, once, and can be undone."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from hydria.agreements.models import Account, ServiceAgreement
from hydria.intake import _writing, operations
from hydria.intake._course import Step
from hydria.intake.models import LoadBatch, LoadState, StagedRow
from hydria.intake.operations import (
    UnableToApplyLoad,
    UnableToCheckLoad,
    UnableToReceiveFile,
    UnableToReverseLoad,
)
from hydria.ledger.models import Entry
from hydria.ledger.operations import create_chart
from hydria.metering.models import Installation, Meter, Reading
from hydria.parties.models import Party
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.platform.models import AuditEntry, ExternalAlias
from hydria.premises.models import Premise, ServicePoint
from hydria.receivables.models import Item

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 1, 9, tzinfo=datetime.UTC)
CONSTANTS = """
- {kind: service, fields: {code: {value: W}, name: {value: Water}}}
- {kind: zone, fields: {code: {value: Z}, name: {value: Zone}}}
- {kind: sector, fields: {code: {value: S}, name: {value: Sector}, zone: {value: Z}}}
- {kind: cycle, fields: {code: {value: C}, name: {value: Cycle}}}
- {kind: route, fields: {code: {value: R}, name: {value: Route}, sector: {value: S}, cycle: {value: C}}}
- {kind: category, fields: {code: {value: H}, name: {value: Household}}}
"""
REGISTER = f"""mapping: town
scheme: old
records:{CONSTANTS}
- {{kind: party, fields: {{key: no, number: no, name: name}}}}
- {{kind: premise, fields: {{key: no, number: no, address: street}}}}
- kind: point
  fields:
    {{key: no, number: no, premise: no, service: {{value: W}}, route: {{value: R}}, route_sequence: place,
     is_disconnectable: {{value: "yes"}}}}
- {{kind: account, fields: {{key: no, number: no, opened_date: since}}}}
- {{kind: account_party, fields: {{account: no, party: no, from: since}}}}
- {{kind: agreement, fields: {{key: no, number: no, account: no, point: no, from: since}}}}
- kind: terms
  fields: {{agreement: no, tariff: {{value: t}}, category: {{value: H}}, from: since}}
- {{kind: meter, fields: {{key: no, serial: meter}}}}
- {{kind: register, fields: {{meter: no, channel: {{value: MAIN}}}}}}
- {{kind: installation, fields: {{meter: no, point: no, from: since, initial: shows}}}}
"""
READINGS = """mapping: readings
scheme: old
records:
- {kind: reading, fields: {meter: no, date: day, value: shows}}
"""
HEADER = "no,name,street,place,since,meter,shows\n"
TOWN = HEADER + "1,Ana Peña,Calle 1,10,2020-01-01,M1,100\n2,Luis,Calle 2,20,2020-01-01,M2,5.5\n"


def receive(content: str, mapping: str = REGISTER) -> LoadBatch:
    return operations.receive_file(
        actor=SYSTEM, content=content.encode(), file_name="town.csv", mapping_text=mapping, received_at=NOW
    )


def check(content: str, mapping: str = REGISTER) -> LoadBatch:
    return operations.check_load(actor=SYSTEM, batch_id=receive(content, mapping).pk, checked_at=NOW)


def apply(content: str, mapping: str = REGISTER) -> LoadBatch:
    return operations.apply_load(actor=SYSTEM, batch_id=receive(content, mapping).pk, applied_at=NOW)


def undo(batch: LoadBatch) -> LoadBatch:
    return operations.reverse_load(actor=SYSTEM, batch_id=batch.pk, reason="wrong file", reversed_at=NOW)


def findings_of(batch: LoadBatch) -> list[tuple[int, str, str]]:
    return list(batch.findings.order_by("row_number", "id").values_list("row_number", "column", "code"))


def count_register() -> tuple[int, ...]:
    tables = (Party, Premise, ServicePoint, Account, ServiceAgreement, Meter, ExternalAlias)
    return tuple(table.objects.count() for table in tables)


def count_overlap_rules() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'x'")
        return cursor.fetchone()[0]


@pytest.fixture(autouse=True)
def files_of_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


class TestReceiveFile:
    def test_refuses_a_mapping_that_is_wrong_with_every_line(self):
        with pytest.raises(UnableToReceiveFile) as refusal:
            receive(TOWN, "mapping: m\nscheme: s\nrecords: [{kind: nothing}]")

        assert refusal.value.code == "mapping_invalid"
        assert "row 3" in str(refusal.value)

    def test_refuses_a_file_that_is_too_large(self, settings):
        import dataclasses

        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, load_size_mb_max=0)

        with pytest.raises(UnableToReceiveFile) as refusal:
            receive(TOWN)

        assert refusal.value.code == "file_too_large"

    def test_needs_the_permission_to_post_for_opening_balances(self):
        loader = Actor(name="loader", permissions=frozenset({Permission.INTAKE_LOAD}))

        with pytest.raises(UnableToPermit) as refusal:
            operations.receive_file(
                actor=loader, content=b"", file_name="x", mapping_text=TestOpeningBalances.MAPPING, received_at=NOW
            )

        assert refusal.value.data["permission"] == Permission.LEDGER_POST

    def test_needs_the_permission(self):
        with pytest.raises(UnableToPermit):
            operations.receive_file(
                actor=Actor(name="nobody", permissions=frozenset()),
                content=b"",
                file_name="x",
                mapping_text=REGISTER,
                received_at=NOW,
            )


class TestCheckLoad:
    def test_says_what_loading_would_do_and_does_nothing(self):
        batch = check(TOWN)

        assert batch.state == LoadState.CHECKED
        assert batch.counts["party"] == {"created": 2, "changed": 0, "unchanged": 0, "refused": 0}
        assert set(count_register()) == {0}

    def test_lists_every_finding_by_row_and_column(self):
        batch = check(HEADER + "1,,Calle 1,x,2020-13-01,M1,-5\n2,Luis,Calle 2,20,2020-01-01,M2,1\n")

        assert batch.state == LoadState.REFUSED
        assert sorted(findings_of(batch)) == [
            (2, "name", "value_missing"),
            (2, "place", "number_unreadable"),
            (2, "shows", "number_negative"),
            (2, "since", "date_unreadable"),
        ]

    def test_asks_the_register_even_when_the_file_has_findings(self):
        batch = check("no,day,shows\n9,2026-01-01,5\n9,2026-02-30,6\n", READINGS)

        assert findings_of(batch) == [(2, "meter", "reference_unknown"), (3, "day", "date_unreadable")]

    def test_names_what_a_row_refers_to_in_vain(self):
        batch = check("no,day,shows\n9,2026-01-01,5\n", READINGS)

        assert findings_of(batch) == [(2, "meter", "reference_unknown")]

    def test_singles_out_the_rows_that_the_database_refuses(self):
        rows = "".join(f"{n},Name,Calle {n},{min(n, 60)},2020-01-01,M{n},1\n" for n in range(1, 65))

        batch = check(HEADER + rows)

        refused = [row for row, _column, code in findings_of(batch) if code == "refused_by_rule"]
        assert refused == [62, 63, 64, 65]
        assert (
            batch.findings.filter(code="refused_by_rule").first().data["rule"] == "route_position_belongs_to_one_point"
        )

    def test_can_be_repeated_once_the_register_is_mended(self):
        batch = check("no,day,shows\n1,2026-01-01,5\n", READINGS)
        apply(TOWN)

        operations.check_load(actor=SYSTEM, batch_id=batch.pk, checked_at=NOW)

        assert findings_of(batch) == []
        assert LoadBatch.objects.get(id=batch.pk).state == LoadState.CHECKED

    def test_is_refused_after_loading(self):
        batch = apply(TOWN)

        with pytest.raises(UnableToCheckLoad) as refusal:
            operations.check_load(actor=SYSTEM, batch_id=batch.pk, checked_at=NOW)

        assert refusal.value.code == "state_forbids"


class TestApplyLoad:
    def test_fills_the_register(self):
        batch = apply(TOWN)

        party = Party.objects.get(number="1")
        agreement = ServiceAgreement.objects.get(number="2")
        assert (batch.state, count_register()) == (LoadState.APPLIED, (2, 2, 2, 2, 2, 2, 12))
        assert (party.name, party.search_name) == ("Ana Peña", "ana pena")
        assert agreement.service_point.installations.get().initial_milli == 5_500
        assert agreement.valid_during.lower == datetime.date(2020, 1, 1)

    def test_signs_every_row_in_the_audit(self):
        batch = apply(TOWN)

        entry = AuditEntry.objects.filter(table_name="parties_party", action="INSERT").first()
        assert (entry.actor, entry.reason) == ("system", f"load {batch.pk}")

    def test_loads_nothing_when_one_row_is_wrong(self):
        with pytest.raises(UnableToApplyLoad) as refusal:
            apply(TOWN + "3,Eva,Calle 3,20,2020-01-01,M3,1\n")

        assert (refusal.value.code, refusal.value.data["findings"]) == ("findings_block", 4)
        assert set(count_register()) == {0}

    def test_changes_nothing_the_second_time(self):
        apply(TOWN)
        before = count_register()

        batch = apply(TOWN)

        assert count_register() == before
        assert all(counts["created"] == counts["changed"] == 0 for counts in batch.counts.values())

    def test_applies_a_batch_once_when_called_twice(self):
        batch = apply(TOWN)

        again = operations.apply_load(actor=SYSTEM, batch_id=batch.pk, applied_at=NOW)

        assert again.applied_transaction_id == batch.applied_transaction_id

    def test_finds_the_row_by_its_alias_and_changes_what_changed(self):
        apply(TOWN)

        batch = apply(TOWN.replace("Luis", "Luisa"))

        assert Party.objects.get(number="2").name == "Luisa"
        assert batch.counts["party"] == {"created": 0, "changed": 1, "unchanged": 1, "refused": 0}

    def test_keeps_the_fields_that_the_mapping_does_not_feed(self):
        apply(TOWN)
        Party.objects.filter(number="2").update(phone="123")

        apply(TOWN.replace("Luis", "Luisa"))

        assert Party.objects.get(number="2").phone == "123"

    def test_never_overwrites_a_reading(self):
        apply(TOWN)
        apply("no,day,shows\n1,2026-01-01,105\n", READINGS)

        with pytest.raises(UnableToApplyLoad):
            apply("no,day,shows\n1,2026-01-01,106\n", READINGS)

        assert findings_of(LoadBatch.objects.latest("id")) == [(2, "reading", "fact_differs")]
        assert Reading.objects.get().value_milli == 105_000

    def test_finds_readings_of_days_that_had_not_come_when_the_file_came(self):
        apply(TOWN)
        tomorrow = NOW.date() + datetime.timedelta(days=1)

        batch = check(f"no,day,shows\n1,{NOW.date()},105\n2,{tomorrow},9\n", READINGS)

        assert (batch.state, findings_of(batch)) == (LoadState.REFUSED, [(3, "date", "date_in_future")])

    def test_uses_our_own_numbers_where_the_scheme_says_so(self):
        apply(TOWN)
        Meter.objects.filter(serial="M1").update(make="")

        apply("no,day,shows\nM1,2026-01-01,105\n", READINGS.replace("scheme: old", "scheme: own"))

        assert Reading.objects.get().register.meter.serial == "M1"

    def test_empties_the_staging_table(self):
        apply(TOWN)

        assert StagedRow.objects.count() == 0

    def test_keeps_a_hostile_text_as_text(self):
        apply(HEADER + '1,"Robert\'); DROP TABLE parties_party;--",=1+1,10,2020-01-01,%s{}\\,1\n')

        assert Party.objects.get().name == "Robert'); DROP TABLE parties_party;--"
        assert (Premise.objects.get().address, Meter.objects.get().serial) == ("=1+1", "%s{}\\")


class TestTheFirstLoad:
    """Into empty tables, where overlaps are checked after the rows."""

    def test_leaves_every_overlap_rule_in_force(self):
        rules = count_overlap_rules()

        apply(TOWN)

        assert count_overlap_rules() == rules
        with pytest.raises(IntegrityError, match="meter_is_at_one_point_at_a_time"), transaction.atomic():
            first, last = Installation.objects.order_by("id")
            Installation.objects.create(
                meter=first.meter, service_point=last.service_point, valid_during=first.valid_during
            )

    def test_names_the_rows_that_overlap(self):
        mapping = REGISTER.replace("key: no, serial: meter", "key: meter, serial: meter").replace(
            "meter: no, ", "meter: meter, "
        )

        batch = check(TOWN.replace("2020-01-01,M2", "2021-01-01,M1"), mapping)

        assert (batch.state, findings_of(batch)) == (LoadState.REFUSED, [(3, "installation", "refused_by_rule")])
        assert batch.findings.get().data["rule"] == "meter_is_at_one_point_at_a_time"


class TestReverseLoad:
    def test_leaves_nothing_of_what_was_created(self):
        batch = undo(apply(TOWN))

        assert (batch.state, set(count_register())) == (LoadState.REVERSED, {0})

    def test_restores_what_was_changed(self):
        apply(TOWN)
        batch = apply(TOWN.replace("Luis", "Luisa").replace("Calle 1", "Calle 9"))

        undo(batch)

        assert Party.objects.get(number="2").name == "Luis"
        assert Party.objects.get(number="2").search_name == "luis"
        assert Premise.objects.get(number="1").address == "Calle 1"

    def test_can_be_loaded_again(self):
        undo(apply(TOWN))

        assert apply(TOWN).counts["party"]["created"] == 2

    def test_is_refused_while_something_depends_on_it(self):
        batch = apply(TOWN)
        apply("no,day,shows\n1,2026-01-01,105\n", READINGS)

        with pytest.raises(UnableToReverseLoad) as refusal:
            undo(batch)

        assert (refusal.value.code, refusal.value.data["kind"]) == ("still_in_use", "register")

    # The audit tells changes apart by their transaction, so this test needs real ones.
    @pytest.mark.django_db(transaction=True)
    def test_is_refused_when_somebody_has_changed_a_row_since(self):
        batch = apply(TOWN)
        Party.objects.filter(number="1").update(phone="1")

        with pytest.raises(UnableToReverseLoad) as refusal:
            undo(batch)

        assert (refusal.value.code, refusal.value.data["count"]) == ("changed_since", 1)

    def test_is_refused_before_loading_and_without_a_reason(self):
        with pytest.raises(UnableToReverseLoad) as early:
            undo(check(TOWN))
        with pytest.raises(UnableToReverseLoad) as unexplained:
            operations.reverse_load(actor=SYSTEM, batch_id=apply(TOWN).pk, reason=" ", reversed_at=NOW)

        assert (early.value.code, unexplained.value.code) == ("state_forbids", "reason_missing")

    def test_changes_nothing_the_second_time(self):
        batch = undo(apply(TOWN))

        assert undo(batch).reversed_at == NOW


class TestOpeningBalances:
    MAPPING = """mapping: opening
scheme: old
records:
- kind: opening
  fields: {key: doc, account: no, amount: amount, effective: day, due: day, document: doc}
"""
    FILE = "no,doc,amount,day\n1,A-1,100.50,2026-01-31\n1,A-2,0.00,2026-01-31\n2,A-3,-20.25,2026-01-31\n"

    @pytest.fixture(autouse=True)
    def books(self):
        create_chart(actor=SYSTEM, language="en")
        apply(TOWN)

    def test_become_items_and_a_journal_that_balances(self):
        apply(self.FILE, self.MAPPING)

        items = Item.objects.order_by("document_code").values_list("document_code", "side", "amount_minor")
        assert list(items) == [("A-1", "OWED", 10_050), ("A-3", "HELD", 2_025)]
        entries = Entry.objects.values_list("ledger_account__route", "debit_minor", "credit_minor")
        assert sorted(entries) == [("opening_balance", 0, 8_025), ("receivable", 8_025, 0)]

    def test_are_taken_over_once(self):
        apply(self.FILE, self.MAPPING)

        batch = apply(self.FILE, self.MAPPING)

        assert (batch.counts["opening"]["created"], Item.objects.count()) == (0, 2)

    def test_are_never_changed_by_another_file(self):
        apply(self.FILE, self.MAPPING)

        with pytest.raises(UnableToApplyLoad):
            apply(self.FILE.replace("100.50", "100.51"), self.MAPPING)

        assert findings_of(LoadBatch.objects.latest("id")) == [(2, "opening", "fact_differs")]

    def test_are_not_undone(self):
        batch = apply(self.FILE, self.MAPPING)

        with pytest.raises(UnableToReverseLoad) as refusal:
            undo(batch)

        assert refusal.value.code == "posted"


class TestUndoneTransaction:
    @pytest.mark.django_db(transaction=True)
    def test_a_crash_in_the_middle_leaves_nothing(self, monkeypatch):
        batch = receive(TOWN)

        def crash(*args, **kwargs):
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM parties_party")
                assert cursor.fetchone() == (2,)
            raise KeyboardInterrupt

        monkeypatch.setattr(operations, "_set_applied", crash)
        with pytest.raises(KeyboardInterrupt):
            operations.apply_load(actor=SYSTEM, batch_id=batch.pk, applied_at=NOW)

        assert set(count_register()) == {0}
        assert LoadBatch.objects.get(id=batch.pk).state == LoadState.RECEIVED


class TestProgress:
    def test_tells_every_record_twice_and_never_goes_back(self, monkeypatch):
        monkeypatch.setattr(operations, "STAGED_AT_ONCE", 1)
        monkeypatch.setattr(_writing, "PAGES_AT_ONCE", 1)
        told = []

        operations.apply_load(
            actor=SYSTEM, batch_id=receive(TOWN).pk, applied_at=NOW, tell=lambda *news: told.append(news)
        )

        steps, done_counts, total_counts = zip(*told, strict=True)
        record_count = sum(counts["created"] for counts in LoadBatch.objects.get().counts.values())
        assert list(done_counts) == sorted(done_counts)
        assert (done_counts[-1], set(total_counts)) == (2 * record_count, {2 * record_count})
        assert list(dict.fromkeys(steps)) == [Step.STAGE, Step.WRITE]

    def test_counts_only_what_is_left_of_a_load_that_was_checked(self):
        batch = check(TOWN)
        told = []

        operations.apply_load(actor=SYSTEM, batch_id=batch.pk, applied_at=NOW, tell=lambda *news: told.append(news))

        assert {step for step, _done, _total in told} == {Step.WRITE}
        assert told[-1][1] == told[-1][2] > 0
