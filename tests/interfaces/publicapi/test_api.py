"""The API as a program sees it: keys, scopes, pages, repeats, refusals, and every group of resources."""

from __future__ import annotations

import datetime
import re

import pytest
from ninja import Schema

import billing_factories as billing
from api_factories import Program, codes_of, new_key
from desk_factories import company
from hydria.billing.models import Invoice
from hydria.payments.models import Payment
from hydria.payments.operations import open_receipt_series
from hydria.platform.access import SYSTEM
from hydria.publicapi import web
from hydria.publicapi.domain.keys import SCOPES
from hydria.publicapi.operations import revoke_key
from hydria.publicapi.web.v1 import api
from money_factories import chart_of_accounts, household_with_two_overdue_invoices

pytestmark = pytest.mark.django_db

OPERATIONS = [
    (method.upper(), path.removeprefix("/api/v1"), operation["x-scope"])
    for path, operations in api.get_openapi_schema()["paths"].items()
    for method, operation in operations.items()
]
EXAMPLES = {
    path.removeprefix("/api/v1"): methods["post"]
    .get("requestBody", {})
    .get("content", {})
    .get("application/json", {})
    .get("example")
    for path, methods in api.get_openapi_schema()["paths"].items()
    if "post" in methods
}
BODIES = {
    "/parties": {"kind": "PERSON", "name": "María Núñez"},
    "/premises": {"address": "Calle del Sol 45"},
    "/service-points": {
        "premise_id": 1, "service_code": "water", "route_code": "R-01", "category_code": "household",
    },
    "/accounts": {"holder_id": 1},
    "/agreements": {
        "account_id": 1, "service_point_id": 1, "start_date": "2026-01-01",
        "tariff_code": "village_water", "category_code": "household",
    },
    "/agreements/{agreement_id}/end": {"end_date": "2026-12-01", "reason": "Moved out"},
    "/agreements/{agreement_id}/customer": {"party_id": 1, "from_date": "2026-03-01", "reason": "Sold"},
    "/agreements/{agreement_id}/terms": {
        "from_date": "2026-03-01", "tariff_code": "village_water", "category_code": "household", "reason": "Shop closed",
    },
    "/agreements/{agreement_id}/exemptions": {"code": "vat", "evidence": "Law 1", "from_date": "2026-03-01"},
    "/agreements/{agreement_id}/exclusions": {"from_date": "2026-03-01", "reason": "Our own office"},
    "/agreements/{agreement_id}/concessions": {
        "program": "social", "from_date": "2026-03-01", "until_date": "2027-03-01", "evidence": "Card 7", "reason": "Poor",
    },
    "/agreements/{agreement_id}/concessions/{program}/end": {"end_date": "2026-08-01", "reason": "Income rose"},
    "/agreements/{agreement_id}/inclusion": {"from_date": "2026-04-01", "reason": "Sold"},
    "/agreements/{agreement_id}/suspensions": {"from_date": "2026-05-01", "is_billed": False, "reason": "Empty house"},
    "/agreements/{agreement_id}/resumption": {"from_date": "2026-06-01", "reason": "Back"},
    "/service-points/{point_id}/units": {
        "from_date": "2026-03-01", "category_code": "household", "unit_count": 2, "reason": "A second flat",
    },
    "/accounts/{account_id}/holder": {"holder_id": 1, "from_date": "2026-03-01", "reason": "Inherited"},
    "/accounts/{account_id}/notes": {"text": "Called twice"},
    "/parties/{party_id}/particulars": {"name": "María Núñez Frías", "reason": "Married"},
    "/parties/{party_id}/identifiers": {"kind": "OTHER", "country": "DO", "value": "A-17"},
    "/customers": {
        "party": {"kind": "PERSON", "name": "Eva Luna"},
        "place": {
            "address": "Calle del Sol 7", "service_code": "WATER", "route_code": "R1", "is_disconnectable": True,
        },
        "meter": {"serial": "H77", "evidence": "Order 17"},
        "start_date": "2026-01-01", "tariff_code": "village_water", "category_code": "household",
        "feasibility": "Main in front",
    },
    "/accounts/{account_id}/quotations": {"fee": "connection"},
    "/quotations/{quotation_id}/accept": {"mode": "AT_ONCE"},
    "/quotations/{quotation_id}/cancel": {"reason": "Not wanted"},
    "/readings": {"readings": [{"register_id": 1, "read_date": "2026-01-01", "value_milli": 1000}]},
    "/payments": {"account_id": 1, "tenders": [{"kind": "CASH", "amount_minor": 100}]},
    "/payments/{payment_id}/reverse": {"reason": "Typed twice"},
    "/tariffs/check": {"text": billing.TARIFF},
    "/tariff-versions/{version_id}/price": {"inputs": {"usage": "15", "units": "1"}},
}  # fmt: skip


def ask(program: Program, method: str, path: str, *, number: int = 999_999):
    """Send a well-formed request about an object that does not exist."""
    place = re.sub(r"{\w+_id}", str(number), path)
    if method == "POST":
        return program.post(place, BODIES.get(path, EXAMPLES[path]))
    query = (
        {"start_date": "2026-01-01", "end_date": "2026-02-01"}
        if path.endswith(("/statement", "/trial-balance"))
        else {}
    )
    return program.get(place, **query)


@pytest.fixture
def debtor():
    """Return an account that owes 5,000 and 7,000."""
    company()
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)
    account, _items = household_with_two_overdue_invoices()
    return account


def transfer(account_id: int, amount_minor: int = 6_000, **more):
    return {"account_id": account_id, "tenders": [{"kind": "TRANSFER", "amount_minor": amount_minor}], **more}


class TestScope:
    @pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
    def test_without_it_every_operation_is_refused(self, method, path, scope):
        program = Program(*[other for other in SCOPES if other != scope])

        response = ask(program, method, path)

        assert response.status_code == 403
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "permission_missing"

    @pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
    def test_without_a_key_every_operation_is_refused(self, method, path, scope):
        response = ask(Program(token="hyd_nobody"), method, path)

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(("method", "path", "scope"), [row for row in OPERATIONS if "{" in row[1]])
    def test_with_it_what_does_not_exist_is_not_found(self, method, path, scope):
        response = ask(Program(), method, path)

        if path.endswith("/removal") or path == "/alerts/{alert_id}/end":
            assert response.status_code == 204  # what is not there is gone already
            return
        assert response.status_code in {404, 422}
        assert response.json()["code"] == "not_found" or response.json()["code"].endswith("_unknown")


class TestKey:
    def test_that_was_revoked_or_expired_or_forged_lets_nobody_in(self):
        now = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        revoked, revoked_token = new_key()
        revoke_key(actor=SYSTEM, prefix=revoked.prefix, revoked_at=now)
        _expired, expired_token = new_key(expires_at=now)
        _live, token = new_key()
        forged = token[:-1] + ("A" if token[-1] != "A" else "B")

        refusals = [Program(token=sent).get("/parties") for sent in (revoked_token, expired_token, forged)]

        assert codes_of(refusals) == ["key_revoked", "key_expired", "key_unknown"]

    def test_may_not_ask_more_often_than_it_may(self):
        _key, token = new_key(requests_per_minute_count=2)
        program = Program(token=token)

        statuses = [program.get("/parties").status_code for _ in range(4)]

        # The minute may turn between two requests.
        assert statuses[:2] == [200, 200]
        assert 429 in statuses
        assert 0 < int(program.get("/parties").headers.get("Retry-After", 1)) <= 60

    def test_takes_no_more_money_than_its_limit(self, debtor):
        _key, token = new_key(amount_limit_minor=5_000)

        response = Program(token=token).post("/payments", transfer(debtor.pk))

        assert response.json()["code"] == "amount_above_limit"
        assert not Payment.objects.exists()


class TestRepeat:
    def test_of_a_payment_pays_once_and_answers_the_same(self, debtor):
        program = Program()

        first = program.post("/payments", transfer(debtor.pk), key="payment-0001")
        again = program.post("/payments", transfer(debtor.pk), key="payment-0001")

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert again["Idempotent-Replayed"] == "true"
        assert Payment.objects.count() == 1

    def test_that_changed_is_refused_by_name(self, debtor):
        program = Program()
        program.post("/payments", transfer(debtor.pk), key="payment-0001")

        changed = program.post("/payments", transfer(debtor.pk, 6_001), key="payment-0001")

        assert changed.status_code == 409
        assert changed.json()["code"] == "idempotency_key_reused"

    def test_after_a_refusal_may_use_the_key_again(self, debtor):
        program = Program()
        refused = program.post("/payments", transfer(999_999), key="payment-0001")

        taken = program.post("/payments", transfer(debtor.pk), key="payment-0001")

        assert (refused.status_code, taken.status_code) == (422, 201)

    def test_without_a_key_is_refused(self, debtor):
        response = Program().post("/payments", transfer(debtor.pk), key="short")

        assert response.json()["code"] == "input_invalid"


class TestShape:
    def test_has_a_name_of_its_own(self):
        names = [
            made.__name__
            for module in vars(web).values()
            for made in getattr(module, "__dict__", {}).values()
            if isinstance(made, type)
            and issubclass(made, Schema)
            and made.__module__ == getattr(module, "__name__", "")
        ]

        assert sorted(names) == sorted(set(names))


class TestExample:
    @pytest.mark.parametrize("path", [path for path, example in EXAMPLES.items() if example is not None])
    def test_of_every_request_is_as_described(self, path):
        company()

        answer = Program().post(re.sub(r"{\w+}", "1", path), EXAMPLES[path])

        assert answer.status_code < 500
        assert answer.status_code < 300 or answer.json()["code"] != "input_invalid", answer.json()


class TestPage:
    def test_shows_every_row_once(self):
        program = Program()
        for number in range(5):
            program.post("/parties", {"kind": "PERSON", "name": f"Person {number}"})

        rows = program.walk("/parties", limit=2)

        assert [row["name"] for row in rows] == [f"Person {number}" for number in range(5)]

    def test_refuses_a_cursor_of_its_own_making(self):
        assert Program().get("/parties", cursor="MTIz").json()["code"] == "cursor_invalid"


class TestRefusal:
    def test_speaks_the_language_that_was_asked_for(self, debtor):
        problem = Program(language="es").post("/payments", transfer(999_999)).json()

        assert problem["language"] == "es"
        assert problem["title"] != "There is no such account."

    def test_names_the_field_that_is_wrong(self):
        problem = Program().post("/parties", {"kind": "GHOST", "name": ""}).json()

        assert {error["field"] for error in problem["errors"]} == {"body.kind", "body.name"}


class TestRegister:
    def test_takes_a_customer_from_the_first_word_to_the_agreement(self):
        billing.village()
        program = Program()

        party = program.post("/parties", BODIES["/parties"]).json()
        premise = program.post("/premises", BODIES["/premises"]).json()
        route = billing.premises.Route.objects.first()
        service = billing.premises.Service.objects.first()
        point = program.post(
            "/service-points",
            {"premise_id": premise["id"], "service_code": service.code, "route_code": route.code,
             "category_code": "household"},
        ).json()  # fmt: skip
        account = program.post("/accounts", {"holder_id": party["id"]}).json()
        agreement = program.post(
            "/agreements",
            {**BODIES["/agreements"], "account_id": account["id"], "service_point_id": point["id"]},
        ).json()

        assert account["holder_name"] == "María Núñez"
        assert program.get(f"/agreements/{agreement['id']}").json() == agreement
        assert program.get("/accounts", number=account["number"]).json()["items"][0]["id"] == account["id"]

        ended = program.post(f"/agreements/{agreement['id']}/end", BODIES["/agreements/{agreement_id}/end"])
        assert ended.json()["end_date"] == "2026-12-01"


class TestReadings:
    def test_each_has_its_own_status(self):
        billing.village()
        place = billing.point()
        meter = billing.Installation.objects.get(service_point=place).meter
        register = meter.registers.create(digits=5)
        program = Program()
        row = {"serial": meter.serial, "read_date": "2025-06-01", "value_milli": 12_000}

        answer = program.post("/readings", {"readings": [row, {**row, "serial": "nobody's"}]}).json()
        again = program.post("/readings", {"readings": [row, {**row, "value_milli": 13_000}]}).json()

        assert [found["status"] for found in answer["rows"]] == ["ACCEPTED", "UNKNOWN_REGISTER"]
        assert [found["status"] for found in again["rows"]] == ["REPEATED", "CONFLICT"]
        assert [
            found["value_milli"] for found in program.get("/readings", register_id=register.pk).json()["items"]
        ] == [12_000]


class TestInvoices:
    def test_explain_themselves_and_come_on_paper(self):
        company()
        cycle = billing.village()
        period = billing.month(cycle)
        agreement = billing.household()
        billing.consume(agreement, period, 15)
        billing.confirmed(period)
        invoice = Invoice.objects.get()
        program = Program()

        (row,) = program.get("/invoices", account_id=agreement.account_id).json()["items"]
        detail = program.get(f"/invoices/{row['id']}").json()
        lines = [line for segment in detail["segments"] for line in segment["lines"]]
        told = program.get(f"/invoice-lines/{lines[1]['id']}").json()
        pdf = program.get(f"/invoices/{row['id']}/pdf")

        assert row["total_minor"] == invoice.total_minor == sum(line["amount_minor"] for line in lines)
        assert len(told["told"]["steps"]) == 2
        assert pdf.content.startswith(b"%PDF")

    def test_that_are_drafts_are_not_shown(self):
        cycle = billing.village()
        period = billing.month(cycle)
        billing.consume(billing.household(), period, 15)
        billing.drafted(period)

        draft = Invoice.objects.get()

        assert Program().get(f"/invoices/{draft.pk}").status_code == 404
        assert Program().get(f"/invoices/{draft.pk}/pdf").status_code == 404


class TestMoney:
    def test_settles_the_oldest_debt_and_is_given_back_whole(self, debtor):
        program = Program()
        balance = f"/accounts/{debtor.pk}/balance"

        payment = program.post("/payments", transfer(debtor.pk)).json()
        paid = program.get(balance).json()
        detail = program.get(f"/payments/{payment['id']}").json()
        open_items = program.get(f"/accounts/{debtor.pk}/items").json()
        mirror = program.post(f"/payments/{payment['id']}/reverse", {"reason": "Typed twice"}).json()

        assert paid["owed_minor"] == 6_000
        assert [part["amount_minor"] for part in detail["settlements"]] == [5_000, 1_000]
        assert [item["open_minor"] for item in open_items] == [6_000]
        assert mirror["reverses_id"] == payment["id"]
        assert program.get(balance).json()["owed_minor"] == 12_000
        assert len(program.walk("/payments", limit=1, account_id=debtor.pk)) == 2

    def test_never_settles_a_neighbors_debt(self, debtor):
        neighbor, their_items = household_with_two_overdue_invoices()

        response = Program().post("/payments", transfer(debtor.pk, item_ids=their_items))

        assert response.json()["code"] == "item_unknown"
        assert Program().get(f"/accounts/{neighbor.pk}/balance").json()["owed_minor"] == 12_000

    def test_states_an_account_from_opening_to_closing(self, debtor):
        statement = (
            Program().get(f"/accounts/{debtor.pk}/statement", start_date="2026-01-01", end_date="2027-01-01").json()
        )

        moved_minor = statement["debit_minor"] - statement["credit_minor"]
        assert statement["opening_minor"] + moved_minor == statement["closing_minor"] == 12_000


class TestReference:
    def test_can_be_read_by_anyone(self, client):
        page = client.get("/api/v1/docs/").content.decode()

        assert all(f"{method} /api/v1{path}" in page for method, path, _scope in OPERATIONS)

    def test_names_a_scope_for_every_operation(self):
        assert {scope for _method, _path, scope in OPERATIONS} == {str(scope) for scope in SCOPES}


class TestActs:
    @pytest.fixture
    def customer(self):
        """Connect a customer by the API and return the program and what came of it."""
        company()
        billing.village()
        program = Program()
        return program, program.post("/customers", BODIES["/customers"]).json()

    def test_connect_a_customer_once_however_often_it_is_sent(self):
        company()
        billing.village()
        program = Program()

        answers = [program.post("/customers", BODIES["/customers"], key="connection-1") for _time in range(2)]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()

    def test_change_everything_that_is_agreed(self, customer):
        program, made = customer
        acts = ("terms", "exemptions", "exclusions", "inclusion", "suspensions", "resumption")
        place = f"/agreements/{made['agreement_id']}"

        answers = [program.post(f"{place}/{act}", BODIES[f"/agreements/{{agreement_id}}/{act}"]) for act in acts]

        assert [answer.status_code for answer in answers] == [200] * len(acts)
        assert len(answers[-1].json()["terms"]) == 1  # asking for the terms in force changes nothing

    def test_give_a_place_to_another_customer_with_its_final_reading(self, customer):
        program, made = customer
        (meter,) = program.get("/meters", serial="H77").json()["items"]
        body = {
            "party": {"kind": "PERSON", "name": "Juan Mora"},
            "from_date": "2026-03-01",
            "reason": "Sold",
        }
        place = f"/agreements/{made['agreement_id']}/customer"

        refused = program.post(place, body)
        reading = {"register_id": meter["registers"][0]["id"], "value_milli": 20_000}
        moved = program.post(place, {**body, "readings": [reading]})

        assert (refused.status_code, refused.json()["code"]) == (422, "reading_missing")
        assert moved.status_code == 201
        assert moved.json()["account_id"] != made["account_id"]

    def test_keep_notes(self, customer):
        program, made = customer
        place = f"/accounts/{made['account_id']}/notes"

        program.post(place, {"text": "Called twice"})

        assert [note["text"] for note in program.get(place).json()["items"]] == ["Called twice"]


class TestTariffs:
    @pytest.fixture
    def version_id(self) -> int:
        billing.village()
        (row,) = Program().get("/tariffs").json()
        return row["id"]

    def test_show_their_text_and_history(self, version_id):
        version = Program().get(f"/tariff-versions/{version_id}").json()

        assert version["text"] == billing.TARIFF
        assert [event["act"] for event in version["events"]] == ["INSTALLED"]

    def test_price_an_account_with_every_line_explained(self, version_id):
        asked = {"inputs": {"usage": "15", "units": "1"}, "start_date": "2026-01-01", "end_date": "2026-02-01"}

        priced = Program().post(f"/tariff-versions/{version_id}/price", asked).json()

        assert [line["amount"] for line in priced["lines"]] == ["100.00", "200.00", "18.00"]
        assert priced["lines"][1]["parts"][0]["steps"][1]["price"] == "20.00"

    def test_say_why_an_account_cannot_be_priced(self, version_id):
        refused = Program(language="es").post(f"/tariff-versions/{version_id}/price", {"inputs": {}})

        assert (refused.status_code, refused.json()["code"]) == (422, "account_unpriceable")
        assert refused.json()["title"] == "falta usage"

    def test_are_checked_in_the_language_asked_for(self):
        wrong = billing.TARIFF.replace("shape: fixed", "shape: fxed")

        found = Program(language="el").post("/tariffs/check", {"text": wrong}).json()

        assert not found["is_right"]
        assert (found["findings"][0]["line"], found["findings"][0]["cure"]) == (13, "Μήπως εννοείτε fixed;")
        assert Program().post("/tariffs/check", {"text": billing.TARIFF}).json()["is_right"]
