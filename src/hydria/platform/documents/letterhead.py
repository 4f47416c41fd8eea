"""The sender of every document: the company as it appears on paper."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """
    Say who sends the document.

    tax_id     with its name as the country prints it: "RNC 1-01-82124-8"
    logo_svg   an SVG drawing; empty prints the name alone
    accent     the company's color as `#rrggbb`; dark enough to read white text on it
    gln        GS1 location number (13 digits) that collectors know the company by; empty if it has none
    """

    name: str
    tax_id: str = ""
    address_lines: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    website: str = ""
    logo_svg: str = ""
    accent: str = "#0b5f8a"
    gln: str = ""

    def to_data(self) -> dict[str, object]:
        """Return the block that `house.typ` prints at the head of a page."""
        contact = "  ·  ".join(part for part in (self.phone, self.email, self.website) if part)
        lines = (", ".join(self.address_lines), contact, self.tax_id)
        return {
            "name": self.name,
            "lines": [line for line in lines if line],
            "logo": self.logo_svg,
            "accent": self.accent,
        }
