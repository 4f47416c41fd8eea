"""
Build the fonts of printed documents: static Inter with Latin and Greek, from the web fonts that npm installed.

The web fonts are variable and cut by script; a document wants a few fixed weights that hold every script. Run as
`python tools/build_fonts.py [NODE_MODULES] [TARGET]`; the same input gives the same bytes, and a finished target
is left alone.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ("latin", "latin-ext", "greek", "greek-ext")
WEIGHTS = {400: "Regular", 600: "SemiBold", 700: "Bold"}


def main() -> None:
    """Write one TTF per weight into the target folder."""
    node_modules = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "node_modules"
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "build" / "fonts"
    target.mkdir(parents=True, exist_ok=True)
    for weight, style in WEIGHTS.items():
        path = target / f"Inter-{style}.ttf"
        if not path.exists():
            build_weight(weight=weight, style=style, source=node_modules, path=path)


def build_weight(*, weight: int, style: str, source: Path, path: Path) -> None:
    """Cut one weight out of every script's variable font and merge the scripts into a single file."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for script in SCRIPTS:
            font = TTFont(source / f"@fontsource-variable/inter/files/inter-{script}-wght-normal.woff2")
            part = Path(folder) / f"{script}.ttf"
            instantiateVariableFont(font, {"wght": weight}, inplace=True)
            font.flavor = None
            font.save(part)
            parts.append(str(part))
        merged = Merger().merge(parts)
    merged["OS/2"].usWeightClass = weight
    for name_id, text in {
        1: f"Inter {style}",
        2: "Regular",
        4: f"Inter {style}",
        6: f"Inter-{style}",
        16: "Inter",
        17: style,
    }.items():
        merged["name"].setName(text, name_id, 3, 1, 0x409)
    merged.recalcTimestamp = False
    unfinished = path.with_suffix(".part")
    merged.save(unfinished)
    unfinished.replace(path)


if __name__ == "__main__":
    main()
