import pytest

from hydria.desk.domain.commands import Match, match_commands, split_command

NAMES = {
    "pay": ["take a payment", "pay", "collect", "cobrar", "eispraxi"],
    "holder": ["hand the account over", "change holder"],
    "till": ["till", "caja"],
    "till_open": ["open a till", "abrir una caja"],
}


class TestMatchCommands:
    def test_puts_whole_names_first_then_beginnings(self):
        assert match_commands("till", NAMES) == {"till": Match.WHOLE, "till_open": Match.BEGINNING}

    @pytest.mark.parametrize("typed", ["opn a till", "oepn till", "open tills", "abrri caja"])
    def test_forgives_a_mistake_when_nothing_has_the_words(self, typed):
        assert list(match_commands(typed, NAMES)) == ["till_open"]

    @pytest.mark.parametrize("typed", ["", "  ", "%", "zzzz", "ab cd", "😀", "x" * 80])
    def test_finds_nothing_in_what_is_no_command(self, typed):
        assert match_commands(typed, NAMES) == {}

    def test_hears_any_script_and_no_linking_words(self):
        assert list(match_commands("η είσπραξη", {"pay": ["eispraxi"]})) == ["pay"]


class TestSplitCommand:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("pay 1002", ("pay", "1002")),
            ("take payment of José Peña", ("pay", "José Peña")),
            ("cobrar a la Sra. Peña", ("pay", "Sra. Peña")),
            ("change holder 00000608", ("holder", "00000608")),
            ("chagne holder of Παπαδοπούλου", ("holder", "Παπαδοπούλου")),
        ],
    )
    def test_tells_the_act_from_whom_it_is_for(self, typed, meant):
        assert split_command(typed, NAMES) == meant

    @pytest.mark.parametrize("typed", ["pay", "José Peña", "pa 1002", "pay of", ""])
    def test_wants_both(self, typed):
        assert split_command(typed, NAMES) is None
