from __future__ import annotations

from hydria.kernel.errors import UnableTo


class UnableToTest(UnableTo):
    """Refuse for the sake of the test."""


class TestUnableTo:
    def test_carries_code_sentence_and_data(self) -> None:
        error = UnableToTest("closed", "The till is closed.", till=3)

        assert (error.code, error.message, error.data) == ("closed", "The till is closed.", {"till": 3})
        assert str(error) == "The till is closed."
