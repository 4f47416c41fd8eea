"""What the checker says is said in every language, with the same places for its data."""

from __future__ import annotations

import re

import pytest

from hydria.config.translations import LANGUAGES, PACKAGE, catalogue_path, read_catalogue
from hydria.tariffs.documents.findings import fault_text, finding_cards, spoken
from hydria.tariffs.domain import difference
from hydria.tariffs.domain.compile import try_compile
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.findings import FAULTS, SENTENCES, say

TEMPLATES = {
    *(template for pair in SENTENCES.values() for template in pair if template != "{cure}"),
    *FAULTS.values(),
    *difference.SENTENCES.values(),
}


def places(template: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", template))


@pytest.fixture(params=LANGUAGES)
def catalogue(request):
    path = catalogue_path(PACKAGE / "tariffs", language=request.param)
    return {message.id: message.string for message in read_catalogue(path, language=request.param)}


class TestCatalogue:
    def test_holds_every_sentence(self, catalogue):
        assert [template for template in TEMPLATES if not catalogue.get(template)] == []

    def test_keeps_the_places_of_the_data(self, catalogue):
        wrong = {
            message: string
            for message, string in catalogue.items()
            if isinstance(message, str) and "{" in message and places(message) != places(string)
        }

        assert wrong == {}


class TestFindingCards:
    def test_translate_the_cure_inside_the_sentence(self):
        _tariff, issues = try_compile("tariff: x\ncurrency: DOP\ncharges: [{charge: a, shape: fxed}]", name="x")
        shape = next(issue for issue in issues if issue.data.get("text") == "fxed")
        german = {
            "Did you mean {name}?": "Meinten Sie {name}?",
            "`{text}` is not known as {field}.": "{field}: {text}?",
        }

        (card,) = finding_cards([shape], translate=lambda text: german.get(text, text))

        assert (card.line, card.what, card.cure) == (3, "shape: fxed?", "Meinten Sie fixed?")

    def test_say_in_english_what_the_domain_says(self):
        _tariff, issues = try_compile("tariff: x\ncurrency: DOP\ncharges: [{charge: a, formula: '1 +'}]", name="x")

        cards = finding_cards(issues, translate=str)

        assert [f"{card.what} {card.cure}".strip() for card in cards] == [issue.message for issue in issues]


class TestSpoken:
    def test_keeps_the_blanks_at_the_ends_of_parts(self):
        part = say("{what}{when}.", what="it", when=say(" since {date}", date="2027"))

        assert spoken(part, translate=str) == "it since 2027."

    def test_says_a_fault_without_data_by_its_code(self):
        assert fault_text(Fault("missing_input", {}), translate=str) == "missing input"
