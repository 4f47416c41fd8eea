"""OAuth2 client credentials as a library of a program uses them."""

from __future__ import annotations

import base64
import datetime

import pytest
from django.http import HttpResponse
from django.test import Client

from api_factories import Program, new_key
from hydria.platform.access import SYSTEM
from hydria.publicapi.models import AccessToken, ApiKey
from hydria.publicapi.operations import revoke_key

pytestmark = pytest.mark.django_db


def ask(form: dict[str, str], **headers: str) -> HttpResponse:
    return Client().post("/api/v1/oauth/token", {"grant_type": "client_credentials", **form}, headers=headers)


@pytest.fixture
def credentials() -> dict[str, str]:
    key, token = new_key("register.view", "payment.view")
    return {"client_id": key.prefix, "client_secret": token.rpartition(f"{key.prefix}_")[2]}


class TestToken:
    def test_opens_what_the_key_opens(self, credentials):
        issued = ask(credentials)

        program = Program(token=issued.json()["access_token"])
        assert (issued.json()["token_type"], issued.json()["expires_in"]) == ("Bearer", 900)
        assert issued["Cache-Control"] == "no-store"
        assert [program.get(path).status_code for path in ("/parties", "/payments", "/readings")] == [200, 200, 403]

    def test_is_narrowed_to_the_scopes_asked_for(self, credentials):
        issued = ask({**credentials, "scope": "payment.view"}).json()

        program = Program(token=issued["access_token"])
        assert issued["scope"] == "payment.view"
        assert [program.get(path).status_code for path in ("/parties", "/payments")] == [403, 200]

    def test_is_issued_to_who_sends_its_name_in_the_header(self, credentials):
        pair = f"{credentials['client_id']}:{credentials['client_secret']}"

        issued = ask({}, Authorization=f"Basic {base64.b64encode(pair.encode()).decode()}")

        assert issued.status_code == 200

    def test_ends_after_a_quarter_of_an_hour_and_with_its_key(self, credentials):
        ended, closed = (ask(credentials).json()["access_token"] for _time in range(2))
        first = AccessToken.objects.order_by("pk")[0]
        first.expires_at -= datetime.timedelta(minutes=15)
        first.save()
        ended_answer = Program(token=ended).get("/parties")
        revoke_key(actor=SYSTEM, prefix=credentials["client_id"], revoked_at=datetime.datetime.now(datetime.UTC))

        assert ended_answer.json()["code"] == "token_ended"
        assert Program(token=closed).get("/parties").json()["code"] == "key_revoked"

    def test_is_nowhere_in_the_database(self, credentials):
        token = ask(credentials).json()["access_token"]

        assert token not in str(list(AccessToken.objects.values_list()))

    @pytest.mark.parametrize(
        ("form", "status", "error"),
        [
            ({"client_secret": "wrong"}, 401, "invalid_client"),
            ({"client_id": "0" * 12}, 401, "invalid_client"),
            ({"scope": "payment.take"}, 400, "invalid_scope"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ],
    )
    def test_is_refused_in_the_words_of_oauth(self, credentials, form, status, error):
        refused = ask({**credentials, **form})

        assert (refused.status_code, refused.json()["error"]) == (status, error)

    @pytest.mark.parametrize("sent", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff:").decode(), "Bearer x"])
    def test_is_refused_for_headers_that_are_none(self, db, sent):
        assert ask({}, Authorization=sent).status_code == 401

    def test_is_issued_no_more_often_than_the_key_may_ask(self, credentials):
        ApiKey.objects.update(requests_per_minute_count=1)

        statuses = {ask(credentials).status_code for _time in range(4)}

        assert 429 in statuses
