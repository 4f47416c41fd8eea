"""Version 1 of the API: the groups of resources, who may enter, and its description in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from hydria.publicapi.web import acts, concessions, fees, invoices, money, problems, readings, register, tariffs
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
                _describe(operation)
        return schema

    def get_openapi_operation_id(self, operation: Any) -> str:
        """Name an operation by its function."""
        return str(operation.view_func.__name__)


def _describe(operation: dict[str, Any]) -> None:
    """Say in an operation's description what the framework cannot know: its scope, and what refusals look like."""
    operation["summary"] = operation.pop("description").splitlines()[0]
    operation["security"] = [{name: [operation["x-scope"]]} for need in operation["security"] for name in need]
    for parameter in operation["parameters"]:
        # In OpenAPI these would be named examples; the parameter's schema has them as JSON Schema wants them.
        parameter.pop("examples", None)
    operation["responses"] = {
        str(status): _as_problem(answer) if int(status) in problems.STATUSES else answer
        for status, answer in sorted(operation["responses"].items())
    }


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
for module in (register, acts, concessions, readings, tariffs, fees, invoices, money):
    api.add_router("", module.router)
