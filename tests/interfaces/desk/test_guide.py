import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from desk_factories import at_the_desk
from hydria.desk._guide import get_pages
from hydria.desk.web import guide_cards

WITHOUT_A_SCREEN = {"health", "set_language", "logout"}


def screens(resolver: URLResolver) -> list[URLPattern]:
    found = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            found += screens(pattern) if not str(pattern.pattern).startswith("api/") else []
        elif pattern.name not in WITHOUT_A_SCREEN:
            found.append(pattern)
    return found


def exists(place: str) -> bool:
    name, _hash, anchor = place.partition("#")
    page = get_pages(language="en").get(name)
    return page is not None and (not anchor or anchor in page.anchors)


class TestPlaces:
    def test_every_screen_has_its_page_or_section(self):
        unknown = [
            f"{pattern.name}: name the page of its context in desk/web/guide_cards.py"
            for pattern in screens(get_resolver())
            if pattern.name not in guide_cards.SECTION_OF_SCREEN
            and pattern.callback.__module__.split(".")[1] not in guide_cards.PAGE_OF_CONTEXT
        ]

        assert unknown == []

    def test_names_only_pages_and_headings_that_are_there(self):
        named = {*guide_cards.SECTION_OF_SCREEN.values(), *guide_cards.PAGE_OF_CONTEXT.values()}

        assert [place for place in sorted(named | {*guide_cards.captions()}) if not exists(place)] == []

    def test_names_only_screens_that_are_there(self):
        names = {pattern.name for pattern in screens(get_resolver())}

        assert set(guide_cards.SECTION_OF_SCREEN) - names == set()


@pytest.mark.django_db
class TestGuide:
    def test_shows_a_page_with_its_sections(self):
        answer = at_the_desk("cashier").get("/help/payments/")

        assert 'id="at-the-till"' in answer.text
        assert 'href="#closing"' in answer.text
        assert 'href="/help/algorithms/amounts/"' in answer.text

    @pytest.mark.parametrize("language", ["en", "es", "el"])
    def test_every_page_is_shown_in_every_language_without_inline_style_or_script(self, language):
        client = at_the_desk("agent", language=language)

        answers = {name: client.get(f"/help/{name}/") for name in get_pages(language="en")}

        assert {name for name, answer in answers.items() if answer.status_code != 200} == set()
        assert {
            name for name, answer in answers.items() if "style=" in answer.text or "<script>" in answer.text
        } == set()

    def test_says_that_a_page_is_not_translated(self):
        text = at_the_desk("agent", language="es").get("/help/api/").text

        assert "Esta página todavía no está traducida" in text
        assert 'lang="en"' in text

    def test_shows_the_section_about_a_screen_at_its_side(self):
        headers = {"HX-Request": "true", "HX-Target": "drawer-body"}

        answer = at_the_desk("cashier").get("/help/payments/?section=closing", headers=headers)

        assert "Count the whole drawer" in answer.text
        assert "Find the payer" not in answer.text
        assert "<html" not in answer.text

    def test_every_screen_links_to_what_it_is_about(self):
        assert 'href="/help/administration/#who-did-what"' in at_the_desk("administrator").get("/audit/").text

    @pytest.mark.parametrize(
        ("typed", "href"),
        [
            ("count the drawer", "/help/payments/#closing"),
            ("METER EXCHANGE", "/help/readings/#meters"),
            ("zero HALF", "/help/algorithms/rounding/#rounding-once-a-line-and-where-the-cent-goes"),
        ],
    )
    def test_finds_sections_by_their_words(self, typed, href):
        text = at_the_desk("agent").get("/help/", {"words": typed}).text

        assert f'href="{href}"' in text.split("Found")[1]

    @pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "x" * 10_000, "😀"])
    def test_finds_nothing_in_what_is_no_search(self, typed):
        text = at_the_desk("agent").get("/help/", {"words": typed}).text

        assert "<script>alert" not in text
        assert "Nothing found" in text

    @pytest.mark.parametrize("address", ["/help/nothing/", "/help/../settings/", "/help/pictures/nothing/"])
    def test_says_that_there_is_no_such_page(self, address):
        assert at_the_desk("agent").get(address).status_code == 404
