"""What a refusal looks like: problem details (RFC 9457) with a code for programs and a sentence for people."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Field, NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from hydria.billing.queries import UnableToFindInvoice, UnableToFindRun
from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, UnableToPermit
from hydria.platform.audit import record_access
from hydria.publicapi.operations import UnableToRepeatRequest
from hydria.tariffs.queries import UnableToFindTariffVersion

MEDIA_TYPE = "application/problem+json"
STATUSES = frozenset({400, 401, 403, 404, 409, 412, 413, 415, 422, 429})
"""The statuses that any endpoint may refuse with."""


class FieldProblem(Schema):
    """One thing wrong with what was sent."""

    field: str = Field(description="Where it is, from the outside in", examples=["body.tenders.0.amount_minor"])
    code: str = Field(examples=["greater_than"])
    message: str = Field(examples=["Input should be greater than 0"])


class Problem(Schema):
    """Why a request was refused."""

    status: int = Field(examples=[422])
    code: str = Field(description="Stable word for programs", examples=["items_settled"])
    title: str = Field(
        description="Sentence for people, in `language`", examples=["Another payment has just settled F-000123."]
    )
    language: str = Field(examples=["en"])
    errors: list[FieldProblem] = Field(default=[], description="What is wrong where, for `input_invalid`")


class Refused(Exception):
    """A request that the API itself refuses, before any operation was asked."""

    def __init__(self, status: int, code: str, title: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.headers = headers or {}


def answer_problem(*, status: int, code: str, title: str, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    """Return a refusal in the language of the request."""
    problem = {
        "status": status, "code": code, "title": title, "language": get_language() or "en", "errors": errors or [],
    }  # fmt: skip
    return HttpResponse(json.dumps(problem, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)


def install(api: NinjaAPI) -> None:
    """Teach an API to answer every refusal as a problem."""
    for kind, handler in (
        (Refused, _refused),
        (UnableTo, _unable),
        (ObjectDoesNotExist, _not_found),
        (Http404, _not_found),
        (ValidationError, _invalid),
        (HttpError, _http_error),
    ):
        api.add_exception_handler(kind, handler)


def _refused(_request: HttpRequest, error: Refused) -> HttpResponse:
    response = answer_problem(status=error.status, code=error.code, title=error.title)
    for name, value in error.headers.items():
        response[name] = value
    return response


def _unable(request: HttpRequest, error: UnableTo) -> HttpResponse:
    if isinstance(error, UnableToPermit):
        actor: Actor = request.auth.actor  # type: ignore[attr-defined]  # only who was let in is refused
        record_access(actor_name=actor.name, user_id=None, what=request.path[:63], refused=True, reason=error.message)
    statuses: dict[type[UnableTo], int] = {
        UnableToPermit: 403,
        UnableToFindInvoice: 404,
        UnableToFindRun: 404,
        UnableToFindTariffVersion: 404,
        UnableToRepeatRequest: 409,
    }
    status = next((status for kind, status in statuses.items() if isinstance(error, kind)), 422)
    return answer_problem(status=status, code=error.code, title=error.message)


def _not_found(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return answer_problem(status=404, code="not_found", title=_("Nothing here has this number."))


def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [_field_problem(found) for found in error.errors]
    return answer_problem(status=422, code="input_invalid", title=_("The request is not as described."), errors=errors)


def _field_problem(found: dict[str, Any]) -> dict[str, str]:
    where, *inside = (str(part) for part in found["loc"])
    # What comes in the body is named after the argument that takes it; the sender knows no such name.
    place = [where, *(inside[1:] if where == "body" else inside)]
    return {"field": ".".join(place), "code": str(found["type"]), "message": str(found["msg"])}


def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer_problem(status=error.status_code, code="request_unreadable", title=str(error))
