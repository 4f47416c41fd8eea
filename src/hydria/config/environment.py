"""
Owns every environment variable that Hydria reads; nothing else in the package looks at `os.environ`.

Each variable is declared once, as a field of `Environment` with its meaning. The table in
`docs/guide/settings.md` is printed from the same fields (`python -m hydria.config.environment`) and a test
holds the two together.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hydria.platform.folders import is_open_to_others

CHECKOUT = Path(__file__).resolve().parents[3]
"""The folder of the source checkout; meaningful only when `is_checkout()`."""

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})


class EnvironmentInvalid(ValueError):
    """A variable holds something that Hydria cannot use; the message names the variable and the cure."""


def is_checkout() -> bool:
    """Tell whether the package runs from a source checkout rather than from an installed wheel."""
    return (CHECKOUT / "pyproject.toml").is_file()


def default_data_dir() -> Path:
    """
    Choose the folder for the embedded server, files and secrets when nobody chose one.

    A checkout keeps its data to itself in `.hydria`. Root in a closed folder (`/root/hydria`) gets one
    under `/var/lib`, because PostgreSQL runs as an ordinary user who cannot walk into the closed one.
    """
    is_root = os.geteuid() == 0
    if is_checkout():
        if is_root and not is_open_to_others(CHECKOUT):
            digest = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
            return Path("/var/lib/hydria") / f"{CHECKOUT.name}-{digest}"
        return CHECKOUT / ".hydria"
    if is_root:
        return Path("/var/lib/hydria")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hydria"


def _boolean(text: str) -> bool:
    if (word := text.strip().lower()) in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS
    raise ValueError("say 1 or 0")


def _count(text: str) -> int:
    if (number := int(text)) < 0:
        raise ValueError("say zero or more")
    return number


def _folder(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _url_prefix(text: str) -> str:
    prefix = text.strip().rstrip("/")
    if prefix and not prefix.startswith("/"):
        raise ValueError("start it with a slash, as in /hydria")
    return prefix


def _variable(
    parse: Callable[[str], Any], meaning: str, *, default: object = None, shown_default: str | None = None
) -> Any:
    """Declare one variable: how its text is read, what it means and what holds without it."""
    metadata = {"parse": parse, "meaning": meaning, "shown_default": shown_default}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the operator said through the environment, parsed and checked."""

    database_url: str = _variable(
        str,
        "PostgreSQL 15 or newer to use, as `postgresql://user:password@host:port/name`. Without it Hydria starts "
        "a server of its own in the data folder.",
        default="",
        shown_default="(own server)",
    )
    database_pool_size: int = _variable(
        _count,
        "Connections that each web worker keeps open; 0 opens one per request.",
        default=0,
        shown_default="0 (`hydria serve`: 4)",
    )
    postgres_bin_dir: str = _variable(
        str,
        "Folder with `postgres`, `initdb` and `pg_ctl` for the own server.",
        default="",
        shown_default="(locked wheel, else the system's newest)",
    )
    data_dir: Path = _variable(
        _folder,
        "Folder for the own server, stored files and generated secrets.",
        default=default_data_dir,
        shown_default="`.hydria` in the checkout; installed: `~/.local/share/hydria`, root `/var/lib/hydria`",
    )
    secret_key: str = _variable(
        str,
        "Key that signs sessions and tokens; the same on every host of one deployment.",
        default="",
        shown_default="(generated once into the data folder)",
    )
    allowed_hosts: tuple[str, ...] = _variable(
        _words,
        "Host names the web server answers to, separated by commas.",
        default=("localhost", "127.0.0.1", "[::1]"),
        shown_default="`localhost,127.0.0.1,[::1]`",
    )
    trusted_origins: tuple[str, ...] = _variable(
        _words,
        "Origins behind a proxy that may post forms, as `https://desk.example.org`, separated by commas.",
        default=(),
    )
    url_prefix: str = _variable(
        _url_prefix, "Path under which a proxy serves Hydria, as `/hydria`.", default="", shown_default="(none)"
    )
    https: bool = _variable(
        _boolean,
        "1 when users reach Hydria by HTTPS: secure cookies, HSTS, and the proxy's `X-Forwarded-Proto` is believed.",
        default=False,
    )
    debug: bool = _variable(_boolean, "1 shows tracebacks in the browser. Never on a server.", default=False)
    language: str = _variable(str, "Language before a user has chosen one: `es`, `en` or `el`.", default="en")
    time_zone: str = _variable(str, "Time zone of the company's business days.", default="UTC")
    log_level: str = _variable(str, "Least severity written: `DEBUG`, `INFO`, `WARNING`, `ERROR`.", default="INFO")
    log_json: bool = _variable(_boolean, "1 writes each log record as one JSON object.", default=False)
    load_size_mb_max: int = _variable(
        _count, "Megabytes that one file to be loaded may have, also once unpacked.", default=512
    )
    load_rows_max: int = _variable(_count, "Rows that one file to be loaded may have.", default=5_000_000)
    webhooks_to_private: bool = _variable(
        _boolean,
        "1 lets webhooks call addresses inside the utility's own network, and by plain HTTP.",
        default=False,
    )
    real_data: str = _variable(
        str, "Folder of real data sets; switches on the tests marked `real`.", default="", shown_default="(none)"
    )


def name_of(field: dataclasses.Field[Any]) -> str:
    """
    Return the environment variable behind a field.

    >>> [name_of(field) for field in dataclasses.fields(Environment)][0]
    'HYDRIA_DATABASE_URL'
    """
    return f"HYDRIA_{field.name.upper()}"


def parse_environment(variables: Mapping[str, str]) -> Environment:
    """
    Read the declared variables out of `variables`; a variable that is empty counts as absent.

    >>> parse_environment({"HYDRIA_HTTPS": "1", "HYDRIA_URL_PREFIX": "/water/"}).url_prefix
    '/water'

    :raises EnvironmentInvalid: if a value cannot be read, or a variable that begins with HYDRIA_ is unknown.
    """
    fields = {name_of(field): field for field in dataclasses.fields(Environment)}
    values: dict[str, Any] = {}
    for name, text in variables.items():
        if not name.startswith("HYDRIA_") or not text:
            continue
        if name not in fields:
            raise EnvironmentInvalid(f"{name} is not a setting of Hydria; see docs/guide/settings.md.")
        try:
            values[fields[name].name] = fields[name].metadata["parse"](text)
        except ValueError as error:
            raise EnvironmentInvalid(f"{name}={text!r} cannot be used: {error}.") from error
    return Environment(**values)


@functools.cache
def get_environment() -> Environment:
    """Return the process's environment, read once."""
    return parse_environment(os.environ)


def settings_table() -> str:
    """Return the Markdown table of all variables, as `docs/guide/settings.md` shows it."""
    rows = ["| variable | without it | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(Environment):
        shown = field.metadata["shown_default"]
        if shown is None:
            shown = f"`{int(field.default) if isinstance(field.default, bool) else field.default}`"
            shown = "(none)" if field.default in ("", ()) else shown
        rows.append(f"| `{name_of(field)}` | {shown} | {field.metadata['meaning']} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(settings_table(), end="")
