"""Keys: who may make them, what they may do, and how they end."""

from __future__ import annotations

import datetime

import pytest

from api_factories import new_key
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.platform.models import AuditEntry
from hydria.publicapi import operations, queries
from hydria.publicapi.domain.keys import Token
from hydria.publicapi.models import ApiKey, RepeatableRequest

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 10, 9, 30, 15, tzinfo=datetime.UTC)


class TestCreateKey:
    def test_keeps_the_secret_nowhere(self):
        key, token = new_key("register.view")

        kept = [*ApiKey.objects.values_list(), *AuditEntry.objects.values_list()]
        assert queries.find_key(token=Token.read(token), now=NOW) == key
        assert Token.read(token).secret not in str(kept)
        assert key.secret_hash not in str(list(AuditEntry.objects.values_list()))

    def test_gives_nothing_that_its_maker_lacks(self):
        maker = Actor(name="maria", permissions=frozenset({Permission.API_MANAGE, Permission.REGISTER_VIEW}))

        with pytest.raises(operations.UnableToCreateKey) as refused:
            operations.create_key(actor=maker, name="bank", scopes=["register.view", "payment.take"])

        assert refused.value.code == "scope_not_held"

    @pytest.mark.parametrize(
        ("name", "scopes", "limit", "code"),
        [
            (" ", ["register.view"], 1, "name_missing"),
            ("bank", [], 1, "scope_missing"),
            ("bank", ["all.of.it"], 1, "scope_unknown"),
            ("bank", ["register.view"], 0, "limit_not_positive"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, name, scopes, limit, code):
        with pytest.raises(operations.UnableToCreateKey) as refused:
            operations.create_key(actor=SYSTEM, name=name, scopes=scopes, requests_per_minute_count=limit)

        assert refused.value.code == code

    def test_gives_no_higher_limit_than_ones_own(self):
        maria = Actor(name="maria", permissions=frozenset(Permission), amount_limit_minor=100)

        with pytest.raises(operations.UnableToCreateKey) as refused:
            operations.create_key(actor=maria, name="bank", scopes=["payment.take"])

        assert refused.value.code == "limit_above_own"

    def test_is_for_those_who_manage_keys(self):
        with pytest.raises(UnableToPermit):
            operations.create_key(
                actor=Actor(name="maria", permissions=frozenset()), name="bank", scopes=["register.view"]
            )


class TestRevokeKey:
    def test_ends_a_key_once(self):
        key, _token = new_key()

        operations.revoke_key(actor=SYSTEM, prefix=key.prefix, revoked_at=NOW)
        again = operations.revoke_key(actor=SYSTEM, prefix=key.prefix, revoked_at=NOW + datetime.timedelta(days=1))

        assert again.revoked_at == NOW

    def test_refuses_an_unknown_prefix(self):
        with pytest.raises(operations.UnableToRevokeKey) as refused:
            operations.revoke_key(actor=SYSTEM, prefix="0" * 12, revoked_at=NOW)

        assert refused.value.code == "key_unknown"


class TestRotateKey:
    def test_lets_the_secret_before_go_on_for_a_while(self):
        key, old = new_key()

        _key, new = operations.rotate_key(actor=SYSTEM, prefix=key.prefix, grace_hours=24, rotated_at=NOW)

        opens = [
            [queries.find_key(token=token, now=NOW + datetime.timedelta(hours=hours)) is not None for hours in (1, 25)]
            for token in (Token.read(old), new)
        ]
        assert opens == [[True, False], [True, True]]
        assert new.prefix == key.prefix

    def test_ends_the_secret_before_at_once_with_its_tokens(self):
        key, old = new_key()
        secret = Token.read(old).secret
        token, _scopes = operations.issue_token(client_id=key.prefix, client_secret=secret, scope="", now=NOW)

        operations.rotate_key(actor=SYSTEM, prefix=key.prefix, grace_hours=0, rotated_at=NOW)

        assert queries.find_key(token=Token.read(old), now=NOW) is None
        assert queries.find_access_token(text=token, now=NOW) is None

    def test_gives_the_secret_of_no_key_that_may_more(self):
        key, _token = new_key()
        maker = Actor(name="maria", permissions=frozenset({Permission.API_MANAGE}))

        with pytest.raises(operations.UnableToRotateKey) as refused:
            operations.rotate_key(actor=maker, prefix=key.prefix, grace_hours=0, rotated_at=NOW)

        assert refused.value.code == "scope_not_held"

    def test_refuses_keys_that_are_revoked_or_unknown(self):
        key, _token = new_key()
        operations.revoke_key(actor=SYSTEM, prefix=key.prefix, revoked_at=NOW)

        codes = []
        for prefix, hours in ((key.prefix, 0), ("0" * 12, 0), (key.prefix, 721)):
            with pytest.raises(operations.UnableToRotateKey) as refused:
                operations.rotate_key(actor=SYSTEM, prefix=prefix, grace_hours=hours, rotated_at=NOW)
            codes.append(refused.value.code)

        assert codes == ["key_revoked", "key_unknown", "grace_out_of_range"]


class TestListKeys:
    def test_says_when_each_was_used(self):
        key, _token = new_key()
        operations.count_request(api_key=key, now=NOW)

        used_at = queries.list_keys(actor=SYSTEM).get(pk=key.pk).used_at

        assert used_at == NOW.replace(second=0)


class TestCountRequest:
    def test_begins_anew_every_minute(self):
        key, _token = new_key()

        counts = [
            operations.count_request(api_key=key, now=NOW + datetime.timedelta(seconds=seconds))
            for seconds in (0, 10, 44, 45, 46)
        ]

        assert counts == [1, 2, 3, 1, 2]


class TestClaimRequest:
    def claim(self, key, *, content_hash="a", later=datetime.timedelta()):
        return operations.claim_request(api_key=key, key="one-request", content_hash=content_hash, now=NOW + later)

    def test_lets_one_of_two_act(self):
        key, _token = new_key()
        self.claim(key)

        with pytest.raises(operations.UnableToRepeatRequest) as refused:
            self.claim(key)

        assert refused.value.code == "request_running"

    def test_answers_a_repeat_as_the_first_time(self):
        key, _token = new_key()
        claim, _is_mine = self.claim(key)
        operations.keep_answer(request=claim, status=201, answer="{}")

        again, is_mine = self.claim(key)

        assert not is_mine
        assert (again.status, again.answer) == (201, "{}")

    def test_refuses_a_changed_repeat(self):
        key, _token = new_key()
        self.claim(key)

        with pytest.raises(operations.UnableToRepeatRequest) as refused:
            self.claim(key, content_hash="b")

        assert refused.value.code == "idempotency_key_reused"

    def test_takes_over_from_a_process_that_died(self):
        key, _token = new_key()
        self.claim(key)

        _claim, is_mine = self.claim(key, later=operations.CLAIM_LASTS + datetime.timedelta(seconds=1))

        assert is_mine

    def test_is_given_back_after_a_refusal(self):
        key, _token = new_key()
        claim, _is_mine = self.claim(key)

        operations.release_claim(request=claim)

        assert not RepeatableRequest.objects.exists()

    def test_keeps_the_keys_of_two_programs_apart(self):
        first, second = new_key()[0], new_key()[0]

        assert self.claim(first)[1]
        assert self.claim(second, content_hash="b")[1]
