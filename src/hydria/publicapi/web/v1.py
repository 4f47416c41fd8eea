"""Version 1 of the API: the groups of resources, who may enter, and its description in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from hydria.publicapi.web import (
    acts,
    billing_runs,
    bulk,
    concessions,
    fees,
    invoices,
    ledger,
    meters,
    money,
    problems,
    readings,
    register,
    tariff_acts,
    tariffs,
    webhooks,
    works,
)
from hydria.publicapi.web.examples import example_of
from hydria.publicapi.web.repeats import etag_of
from hydria.publicapi.web.security import KeyAuth

PURPOSE = "Read and write the register, readings, invoices, balances and payments of the utility."
RULES = {
    "Keys": "Send `Authorization: Bearer hyd_...`. A key has scopes; each operation names the one it needs.",
    "Money": "Whole minor units: `amount_minor` 65419 is 654.19 where the currency has two decimals. Quantities are "
    "thousandths of their unit (`_milli`). Days are ISO dates, and `end_date` is the day after the last one.",
    "Repeats": "Every POST takes an `Idempotency-Key`. Sent again it has one effect and one answer; with another "
    "content it is refused.",
    "Lists": "They come in pages: ask for the next one with `next_cursor`.",
    "Refusals": "`application/problem+json` with a `code` for programs and a sentence in the language of "
    "`Accept-Language` (en, es, el).",
}


class HydriaAPI(NinjaAPI):
    """An API whose refusals are described under the media type they are sent with."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """Return the OpenAPI description."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for path in schema["paths"].values():
            for operation in path.values():
                _describe(operation, schema["components"]["schemas"])
        return schema

    def create_response(
        self, request: HttpRequest, data: Any, *, status: int | None = None, temporal_response: Any = None
    ) -> HttpResponse:
        """Answer; what is read carries its entity tag, and is not sent to whoever has it already."""
        made = super().create_response(request, data, status=status, temporal_response=temporal_response)
        if request.method == "GET" and made.status_code == 200:
            made["ETag"] = etag_of(data)
            made["Cache-Control"] = "private, no-cache"
            return cast("HttpResponse", get_conditional_response(request, etag=made["ETag"], response=made))
        return made

    def get_openapi_operation_id(self, operation: Any) -> str:
        """Name an operation by its function."""
        return str(operation.view_func.__name__)


def _describe(operation: dict[str, Any], shapes: dict[str, Any]) -> None:
    """Say in an operation's description what the framework cannot know: scope, examples, and what refusals look like."""
    operation["summary"] = operation.pop("description").splitlines()[0]
    operation["security"] = [{name: [operation["x-scope"]]} for need in operation["security"] for name in need]
    for parameter in operation["parameters"]:
        # In OpenAPI these would be named examples; the parameter's schema has them as JSON Schema wants them.
        parameter.pop("examples", None)
    operation["responses"] = {
        str(status): _as_problem(answer) if int(status) in problems.STATUSES else answer
        for status, answer in sorted(operation["responses"].items(), key=lambda row: int(row[0]))
    }
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for message in (operation.get("requestBody", {}), *answers):
        for media_type, content in message.get("content", {}).items():
            if media_type == "application/json":
                content["example"] = example_of(content["schema"], shapes)


def _as_problem(answer: dict[str, Any]) -> dict[str, Any]:
    (described,) = answer["content"].values()
    return {**answer, "content": {problems.MEDIA_TYPE: described}}


api = HydriaAPI(
    title="Hydria",
    version="1.0.0",
    description="\n".join([PURPOSE, "", *(f"- **{name}.** {rule}" for name, rule in RULES.items())]),
    auth=KeyAuth(),
    docs_url=None,
    urls_namespace="api-v1",
)
problems.install(api)
for module in (
    register, acts, meters, concessions, readings, tariffs, tariff_acts, fees, invoices, money, billing_runs, ledger, works, bulk, webhooks,
):  # fmt: skip
    api.add_router("", module.router)
