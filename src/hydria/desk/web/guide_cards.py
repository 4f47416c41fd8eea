"""The guide on the screen: which page belongs to which screen, its contents, its pictures, what a search finds."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import ResolverMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.desk import _guide
from hydria.desk.domain import guide
from hydria.desk.domain.guide import Page

FOUND_MAX = 20

PAGE_OF_CONTEXT = {
    "billing": "billing",
    "concessions": "concessions",
    "connections": "connections",
    "fees": "fees",
    "customers": "register",
    "desk": "desk#for-everybody",
    "directory": "register#the-registers",
    "intake": "loading",
    "ledger": "accounting",
    "metering": "readings",
    "ownfields": "administration#own-fields",
    "payments": "payments",
    "platform": "administration",
    "publicapi": "api",
    "receivables": "payments",
    "simulation": "simulation",
    "tariffs": "tariffs",
}
"""Every screen has the page of its context, unless it is named below."""

SECTION_OF_SCREEN = {
    **dict.fromkeys(("till", "till_open", "till_account", "payment", "receipt"), "payments#at-the-till"),
    **dict.fromkeys(("till_close", "till_session", "takings"), "payments#closing"),
    "payment_reverse": "payments#giving-a-payment-back",
    **dict.fromkeys(("incidents", "incident", "incident_next"), "readings#incidents"),
    **dict.fromkeys(("routes", "route_sheet"), "readings#recording"),
    **dict.fromkeys(("observations", "observation", "observation_new"), "readings#observations"),
    **dict.fromkeys(("thresholds", "thresholds_new"), "readings#thresholds"),
    **dict.fromkeys(("meter", "meter_exchange"), "readings#meters"),
    **dict.fromkeys(("quotation", "quotation_accept", "quotation_cancel"), "fees"),
    "customer_new": "register#a-new-customer",
    "own_values": "administration#own-fields",
    **dict.fromkeys(("selections", "selection", "selection_new"), "register#selections"),
    **dict.fromkeys(("acts", "act", "act_new", "act_form", "act_take_back"), "register#acting-on-many"),
    **dict.fromkeys(
        ("account", "account_acts", "agreement_move", "agreement_end", "agreement_terms", "agreement_units"),
        "register#what-can-be-done-with-an-account",
    ),
    **dict.fromkeys(
        ("note_new", "file_new", "file_withdraw", "alert_new", "alert_lift"), "register#notes-files-alerts"
    ),
    **dict.fromkeys(
        ("contract_print", "contract_templates", "contract_template", "contract_template_new"), "register#the-contract"
    ),
    **dict.fromkeys(
        ("board", "cycles", "period_open", "period_measure", "run_start", "run_follow_up"), "billing#the-road"
    ),
    "run": "billing#the-proof-of-the-run",
    "run_exceptions": "billing#why-an-agreement-is-set-aside",
    **dict.fromkeys(("invoice", "invoice_pdf"), "documents#what-the-invoice-shows"),
    **dict.fromkeys(("programs", "program_new", "program", "program_rules"), "concessions#a-program-on-the-invoice"),
    **dict.fromkeys(("funds", "fund_new", "fund", "fund_budget"), "concessions#funds"),
    **dict.fromkeys(("concessions_ending", "concessions_warn", "concessions_lost"), "concessions#what-ends"),
    **dict.fromkeys(("discount_new", "discount_reverse"), "concessions#at-the-till"),
    **dict.fromkeys(("tariff_new", "tariff_edit", "tariff_copy"), "tariffs#a-small-one"),
    **dict.fromkeys(
        ("tariff_version", "tariff_waiting", "tariff_approve", "tariff_send_back", "tariff_publish", "tariff_withdraw"),
        "tariffs#the-way-to-the-customers",
    ),
    "simulation_new": "simulation#asking-for-one",
    **dict.fromkeys(("simulation", "simulation_accounts", "simulation_set_aside"), "simulation#reading-it"),
    **dict.fromkeys(("trial_balance", "ledger_account", "journals", "journal"), "accounting#screens"),
    **dict.fromkeys(("batches", "batch", "batch_new", "batch_check"), "loading#what-stops-a-load"),
    "batch_reverse": "loading#undoing",
    "company": "administration#the-company-on-paper",
    **dict.fromkeys(("users", "user", "user_new", "roles", "role", "role_new"), "administration#who-may-do-what"),
    **dict.fromkeys(
        ("health_page", "number_series", "security", "offices", "office", "office_new"), "administration#health"
    ),
    **dict.fromkeys(
        ("segregation", "combination", "combination_new", "exemption_end"), "administration#what-is-kept-apart"
    ),
    **dict.fromkeys(
        ("login", "login_code", "second_factor", "second_factor_app", "second_factor_codes", "second_factor_remove"),
        "administration#coming-in",
    ),
    **dict.fromkeys(
        ("sessions", "sessions_end", "sessions_all", "session_end", "user_factor", "accesses"),
        "administration#coming-in",
    ),
    **dict.fromkeys(("audit", "audit_entry"), "administration#who-did-what"),
    **dict.fromkeys(("jobs", "job", "queue", "queued_job"), "administration#when-something-is-interrupted"),
    **dict.fromkeys(("preferences", "password"), "desk#for-everybody"),
}
"""Screens that a section is about: page#anchor, the anchor in English as for every language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideLink:
    """A page, a section or something found in it."""

    label: str
    href: str
    note: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideCard:
    """A page of the guide, or one section, ready to be shown; `language` is what its words are in."""

    title: str
    language: str
    is_translated: bool
    body: SafeString
    sections: tuple[GuideLink, ...]
    whole_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidePlace:
    """Where the guide tells about a screen: as a page, and as what is shown at the side of the screen."""

    href: str
    aside_href: str


def find_place(*, screen: str, module: str) -> str:
    """Return the page, and after a `#` the section, about a screen by its URL name and the module of its view."""
    return SECTION_OF_SCREEN.get(screen) or PAGE_OF_CONTEXT.get(module.split(".")[1], "desk")


def guide_place(match: ResolverMatch | None) -> GuidePlace:
    """Return where the guide tells about the screen behind an address."""
    place = find_place(screen=match.url_name or "", module=match.func.__module__) if match else "desk"
    name, _hash, anchor = place.partition("#")
    return GuidePlace(href=spell_href(place), aside_href=f"{reverse('help_page', args=[name])}?section={anchor}")


def spell_href(place: str) -> str:
    """Return the address of a `page#anchor`."""
    name, _hash, anchor = place.partition("#")
    return reverse("help_page", args=[name]) + (f"#{anchor}" if anchor else "")


def pages() -> dict[str, Page]:
    """Return the pages in the reader's language."""
    return _guide.get_pages(language=_language())


def guide_card(page: Page, *, only: str = "") -> GuideCard:
    """Return a page, or the section of it with this anchor."""
    section = next((section for section in page.sections if only and section.anchor == only), None)
    body = guide.draw_page(
        page,
        find_target=lambda link: _find_target(link, page=page),
        figures=_figures(page),
        only=section.anchor if section else "",
    )
    return GuideCard(
        title=section.title if section else page.title,
        language=page.language,
        is_translated=page.language == _language(),
        body=mark_safe(body),  # noqa: S308  # drawn from our own pages, raw HTML shown as text
        sections=tuple(
            GuideLink(label=part.title, href=f"#{part.anchor}") for part in page.sections[1:] if part.level == 2
        ),
        whole_href=spell_href(f"{page.name}#{only}" if section else page.name),
    )


def page_links(*, current: str = "") -> list[GuideLink]:
    """Return every page of the guide; the rules with their numbers come with the pages that name them."""
    return [
        GuideLink(
            label=page.title,
            href=spell_href(name),
            note=", ".join(part.title for part in page.sections[1:] if part.level == 2),
            is_current=name == current,
        )
        for name, page in pages().items()
        if "/" not in name
    ]


def found_links(typed: str) -> list[GuideLink]:
    """Return the sections that have all the typed words."""
    return [
        GuideLink(
            label=f"{found.page.title}: {found.section.title}"
            if found.section.anchor != found.page.anchors[0]
            else found.page.title,
            href=spell_href(f"{found.page.name}#{found.section.anchor}"),
            note=found.snippet,
        )
        for found in guide.find_sections(list(pages().values()), typed=typed, count_max=FOUND_MAX)
    ]


def _language() -> str:
    return (get_language() or _guide.ENGLISH).split("-")[0]


def _find_target(link: str, *, page: Page) -> str:
    if link.startswith(("https://", "http://", "mailto:")):
        return link
    target = guide.follow(link, page=page, pages=pages())
    return spell_href("#".join(filter(None, target))) if target else ""


def captions() -> dict[str, tuple[str, str]]:
    """Return the pictures of the guide by place: the picture's name, and what it shows."""
    return {
        "register#what-can-be-done-with-an-account": ("account", _("Everything about an account on one page")),
        "payments#at-the-till": ("till", _("A payer at the till, with what is to be paid")),
        "readings#incidents": ("incident", _("A reading that is held, with what is usual here")),
        "billing#the-proof-of-the-run": ("run", _("A run with its draft and its proof")),
        "tariffs#the-way-to-the-customers": ("tariff", _("A version of a tariff and what happened to it")),
    }


def _figures(page: Page) -> dict[str, str]:
    """Return the pictures of a page by anchor; a picture that nobody has made leaves its caption."""
    figures: dict[str, str] = {}
    for place, (picture, caption) in captions().items():
        name, _hash, anchor = place.partition("#")
        if name != page.name:
            continue
        drawn: SafeString | str = ""
        if _guide.picture_path(language=_language(), name=picture):
            source = reverse("help_picture", args=[picture])
            drawn = format_html('<img src="{}" alt="{}" loading="lazy">', source, caption)
        figures[anchor] = format_html("<figure>{}<figcaption>{}</figcaption></figure>", drawn, caption)
    return figures
