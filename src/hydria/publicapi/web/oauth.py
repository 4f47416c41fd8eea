"""OAuth2 client credentials (RFC 6749, 4.4): a key changed for a token that lasts a quarter of an hour."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hydria.publicapi import operations
from hydria.publicapi.domain.keys import TOKEN_LASTS_SECONDS

NOT_KEPT = {"Cache-Control": "no-store"}
_STATUSES = {"invalid_client": 401, "slow_down": 429}


@csrf_exempt
@require_POST
def issue_token(request: HttpRequest) -> HttpResponse:
    """Issue an access token; refusals have the shape that OAuth2 libraries expect."""
    if request.POST.get("grant_type") != "client_credentials":
        return _refuse("unsupported_grant_type", "Only client_credentials is known here.")
    client_id, client_secret = _credentials(request)
    try:
        token, scopes = operations.issue_token(
            client_id=client_id,
            client_secret=client_secret,
            scope=request.POST.get("scope", ""),
            now=timezone.now(),
        )
    except operations.UnableToIssueToken as refusal:
        return _refuse(refusal.code, refusal.message)
    issued = {
        "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LASTS_SECONDS, "scope": " ".join(scopes),
    }  # fmt: skip
    return JsonResponse(issued, headers=NOT_KEPT)


def _credentials(request: HttpRequest) -> tuple[str, str]:
    """Return id and secret from the header or, as RFC 6749 allows as well, from the form."""
    scheme, _space, sent = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(sent, validate=True).decode()
        except (binascii.Error, ValueError):
            return "", ""
        client_id, _colon, client_secret = pair.partition(":")
        return unquote_plus(client_id), unquote_plus(client_secret)
    return request.POST.get("client_id", ""), request.POST.get("client_secret", "")


def _refuse(code: str, sentence: str) -> HttpResponse:
    headers = {**NOT_KEPT, **({"WWW-Authenticate": "Basic"} if code == "invalid_client" else {})}
    told = {"error": code, "error_description": sentence}
    return JsonResponse(told, status=_STATUSES.get(code, 400), headers=headers)
