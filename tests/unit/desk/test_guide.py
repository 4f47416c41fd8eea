from hydria.desk.domain.guide import draw_page, find_sections, follow, read_page

TILL = """# The till

Take money, then *close*.

## Closing

Count the drawer. See [the ledger](accounting.md#the-chart), [the rule](../algorithms/rounding.md#half)
or [the source](../../src/till.py).

### Differences

| who | how much |
|---|--:|
| cashier | 1 |

## Who may

<script>alert(1)</script> [run](javascript:alert(1))
"""


def page(source=TILL, *, name="till", path="guide/till.md", language="en", anchors=()):
    return read_page(source, name=name, path=path, language=language, anchors=anchors)


def draw(shown, **options):
    return draw_page(shown, find_target=lambda link: "" if "src" in link else f"/{link}", **options)


class TestReadPage:
    def test_takes_the_anchors_of_the_english_page_heading_by_heading(self):
        english = page()

        spanish = page(
            "# La caja\n\n## Cierre\n\n### Diferencias\n\n## Quién puede", language="es", anchors=english.anchors
        )

        assert spanish.anchors == ("the-till", "closing", "differences", "who-may")
        assert [section.own_anchor for section in spanish.sections][1] == "cierre"

    def test_tells_equal_headings_apart(self):
        assert page("# Taxes\n\n## Taxes\n\n## Taxes").anchors == ("taxes", "taxes-1", "taxes-2")


class TestDrawPage:
    def test_leaves_out_the_title_and_gives_every_other_heading_its_anchor(self):
        drawn = draw(page())

        assert "The till" not in drawn
        assert '<h2 id="closing">' in drawn
        assert '<h3 id="differences">' in drawn

    def test_draws_one_section_with_those_below_it(self):
        drawn = draw(page(), only="closing")

        assert "Count the drawer" in drawn
        assert '<h3 id="differences">' in drawn
        assert "Who may" not in drawn
        assert "Take money" not in drawn

    def test_runs_nothing_and_styles_nothing_inline(self):
        drawn = draw(page())

        assert "<script" not in drawn
        assert 'href="javascript' not in drawn
        assert "style=" not in drawn
        assert '<td class="num">1</td>' in drawn

    def test_keeps_the_words_of_a_link_that_leads_nowhere(self):
        drawn = draw(page())

        assert "the source" in drawn
        assert "src/till.py" not in drawn

    def test_puts_a_picture_below_its_heading(self):
        assert "</h2>\n<figure>" in draw(page(), figures={"closing": "<figure></figure>"})


class TestFollow:
    def test_leads_to_a_heading_by_its_english_anchor_whatever_the_language_of_the_link(self):
        ledger = page("# Ledger\n\n## The chart", name="accounting", path="guide/accounting.md")
        libro = page(
            "# Libro\n\n## El plan",
            name="accounting",
            path="guide/es/accounting.md",
            language="es",
            anchors=ledger.anchors,
        )
        caja = page(path="guide/es/till.md", language="es")
        pages = {"accounting": libro, "till": caja}

        assert follow("accounting.md#el-plan", page=caja, pages=pages) == ("accounting", "the-chart")
        assert follow("accounting.md#the-chart", page=page(), pages=pages) == ("accounting", "the-chart")
        assert follow("#closing", page=caja, pages=pages) == ("till", "closing")

    def test_leads_nowhere_outside_the_guide(self):
        assert follow("../../src/till.py", page=page(), pages={"till": page()}) is None
        assert follow("../../../etc/passwd", page=page(), pages={"till": page()}) is None


class TestFindSections:
    def test_puts_titles_first_and_shows_the_sentence(self):
        shown = page("# A\n\nThe drawer is closed.\n\n## The drawer\n\nCount it. Then count again.")

        found = find_sections([shown], typed="drawer", count_max=5)

        assert [hit.section.title for hit in found] == ["The drawer", "A"]
        assert found[1].snippet == "The drawer is closed."

    def test_wants_all_the_words_without_accents_in_any_script(self):
        shown = page("# Ταμείο\n\nΜετρήστε το συρτάρι.", language="el")

        assert find_sections([shown], typed="metriste SYRTARI", count_max=5)
        assert not find_sections([shown], typed="metriste nothing", count_max=5)
