"""Events, their addresses and signatures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.platform.events import EventKind
from hydria.publicapi.domain.addresses import AddressRefused, check_url, is_public
from hydria.publicapi.domain.events import OBJECTS, derive_secret, permission_of, sign


class TestKind:
    @pytest.mark.parametrize("kind", list(EventKind))
    def test_belongs_to_an_object_that_somebody_may_see(self, kind: EventKind):
        assert permission_of(kind)
        assert kind.partition(".")[0] in OBJECTS


class TestSign:
    def test_agrees_with_the_example_of_standard_webhooks(self):
        signature = sign(
            secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            sent_at=1614265330,
            body='{"test": 2432232314}',
        )

        assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_is_different_for_every_server_and_salt(self):
        secrets = {derive_secret(server_key=key, salt=salt) for key in ("a", "b") for salt in ("1", "2")}

        assert len(secrets) == 4


class TestIsPublic:
    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1",
            "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "fe80::1%eth0",
            "fc00::1", "ff02::1", "2002:7f00:1::",
        ],
    )  # fmt: skip
    def test_refuses_what_is_near(self, address: str):
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
    def test_lets_the_world_through(self, address: str):
        assert is_public(address)


class TestCheckUrl:
    @given(st.text(max_size=60))
    def test_takes_any_text_apart_or_refuses_it(self, text: str):
        try:
            scheme, host, port, path = check_url(text, allows_private=True)
        except AddressRefused:
            return

        assert scheme in ("http", "https")
        assert host
        assert 0 < port < 65_536
        assert path.startswith(("/", "?"))
