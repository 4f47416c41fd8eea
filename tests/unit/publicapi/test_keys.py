"""Tokens and cursors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.publicapi.domain.cursors import read_cursor, write_cursor
from hydria.publicapi.domain.keys import Token


class TestToken:
    def test_is_read_as_it_was_written(self):
        token = Token.new()

        assert Token.read(f" {token}\n") == token

    def test_never_holds_its_secret_in_what_is_kept(self):
        token = Token.new()

        assert token.secret not in token.secret_hash
        assert len(token.secret_hash) == 64

    @given(st.text(max_size=80))
    def test_is_nothing_else(self, text):
        assert Token.read(text) is None


class TestCursor:
    @given(st.integers(min_value=0, max_value=10**18 - 1))
    def test_is_read_as_it_was_written(self, last_id):
        assert read_cursor(write_cursor(last_id)) == last_id

    @given(st.text(max_size=40))
    def test_that_is_none_of_ours_is_refused(self, text):
        try:
            known = write_cursor(read_cursor(text)) == text
        except ValueError:
            known = True

        assert known or text.rstrip("=") != text

    def test_with_an_endless_number_is_refused(self):
        with pytest.raises(ValueError, match="not a cursor"):
            read_cursor(write_cursor(10**30))
