import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.parties.domain.likeness import PERCENT_MIN, Particulars, Trait, compare

texts = st.text(max_size=20)
everybody = st.builds(Particulars, name=texts, email=texts, phone=st.from_regex(r"[0-9 +-]{0,14}"), address=texts)
ANA = Particulars(name="Ana Pérez Núñez", identifiers=frozenset({"40200000011"}), email="ana@example.org")


class TestCompare:
    def test_is_certain_by_an_official_number_whatever_the_name(self):
        typed = Particulars(name="A. Pérez", identifiers=frozenset({"40200000011"}))

        likeness = compare(typed, ANA)

        assert (likeness.percent, likeness.traits) == (100, (Trait.IDENTIFIER,))

    @pytest.mark.parametrize("name", ["Perez Nunez, Ana", "ANA PÉREZ NÚÑEZ", "Ana Peres Núñez"])
    def test_knows_a_name_in_another_order_or_spelling(self, name):
        assert compare(Particulars(name=name), ANA).percent >= 90

    def test_knows_a_greek_name_in_latin_letters(self):
        eleni = Particulars(name="Ελένη Παπαδοπούλου")

        assert Trait.NAME in compare(Particulars(name="Eleni Papadopoulou"), eleni).traits

    def test_does_not_take_a_shared_family_name_for_the_same_person(self):
        assert compare(Particulars(name="Juan Carlos Núñez Frías"), ANA).percent < PERCENT_MIN

    def test_counts_an_address_of_electronic_mail_in_common(self):
        other = Particulars(name="Ana María Peralta")

        alone = compare(other, ANA)
        together = compare(Particulars(name=other.name, email="ANA@example.org"), ANA)

        assert together.percent > alone.percent
        assert Trait.EMAIL in together.traits

    def test_does_not_compare_what_nobody_gave(self):
        assert compare(Particulars(name=""), Particulars(name="")).percent == 0

    @given(one=everybody, other=everybody)
    def test_stays_between_nothing_and_certainty(self, one, other):
        assert 0 <= compare(one, other).percent <= 100
