"""
The names of persons in place of the log-in names that records keep.

Records keep the log-in name because it never changes; readers know each other by name. The names of all log-ins are
read once per request, when the first one is asked for.
"""

from __future__ import annotations

from contextvars import ContextVar

from django.utils.translation import gettext as _

from hydria.kernel.spelling import to_search_text
from hydria.platform.access import SYSTEM
from hydria.platform.models import User

_names: ContextVar[dict[str, str] | None] = ContextVar("names", default=None)


def forget_names() -> None:
    """Start a request: names are read again when they are needed."""
    _names.set(None)


def name_person(login: str) -> str:
    """Return the name of the person behind a log-in, or the log-in itself where it is a program's."""
    if login == SYSTEM.name:
        return _("The system")
    names = _names.get()
    if names is None:
        names = dict(User.objects.values_list("username", "full_name"))
        _names.set(names)
    return names.get(login) or login


def list_logins(*, typed: str) -> list[str]:
    """Return the log-ins of the persons whose name or log-in holds what was typed, and what was typed itself."""
    persons = [*User.objects.values_list("username", "full_name"), (SYSTEM.name, _("The system"))]
    text = to_search_text(typed)
    return [typed, *(login for login, name in persons if text in to_search_text(f"{login} {name}"))]
