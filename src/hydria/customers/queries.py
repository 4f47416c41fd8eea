"""Reads of the front office: papers, notes and alerts of customers, the company's rule, texts of contracts."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from hydria.customers.domain.procedures import DebtRule, MarkerKind, Procedure
from hydria.customers.models import (
    MARKER_LABELS,  # noqa: F401  # other contexts' doors name alerts by it
    Application,
    Attachment,
    ContractTemplate,
    DocumentType,
    FrontOfficePolicy,
    Marker,
    Note,
)
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The account or the party that something is about: one of both."""

    account_id: int | None = None
    party_id: int | None = None

    @property
    def columns(self) -> dict[str, int | None]:
        """Return the columns that say so."""
        return {"account_id": self.account_id, "party_id": self.party_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCard:
    """What somebody wrote down."""

    note_id: int
    text: str
    written_by: str
    written_at: datetime.datetime
    is_about_party: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentCard:
    """A file kept with a customer."""

    attachment_id: int
    title: str
    type_name: str
    media_type: str
    size_bytes: int
    sha256: str
    expires_date: datetime.date | None
    is_expired: bool
    added_by: str
    added_at: datetime.datetime

    @property
    def is_picture(self) -> bool:
        """Tell whether the file can be shown in place."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerCard:
    """An alert in force."""

    marker_id: int
    kind: MarkerKind
    reason: str
    start_date: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything that is kept with an account and its holder, newest first."""

    notes: tuple[NoteCard, ...]
    attachments: tuple[AttachmentCard, ...]
    markers: tuple[MarkerCard, ...]


def get_dossier(*, account_id: int, party_id: int | None, today: datetime.date, notes_max: int) -> Dossier:
    """Return the notes, attachments and alerts of an account and of the party that holds it."""
    mine = Q(account=account_id) | Q(party=party_id) if party_id else Q(account=account_id)
    notes = Note.objects.filter(mine).order_by("-written_at", "-id")[:notes_max]
    attachments = Attachment.objects.filter(mine, withdrawn_reason="").select_related("file", "document_type")
    markers = Marker.objects.filter(mine, valid_during__contains=today).order_by("kind")
    return Dossier(
        notes=tuple(
            NoteCard(
                note_id=note.pk,
                text=note.text,
                written_by=note.written_by,
                written_at=note.written_at,
                is_about_party=note.party_id is not None,
            )
            for note in notes
        ),
        attachments=tuple(_attachment_card(kept, today=today) for kept in attachments.order_by("-added_at", "-id")),
        markers=tuple(
            MarkerCard(
                marker_id=marker.pk,
                kind=MarkerKind(marker.kind),
                reason=marker.reason,
                start_date=marker.valid_during.lower,
            )
            for marker in markers
        ),
    )


def list_notes(*, actor: Actor, account_id: int) -> QuerySet[Note]:
    """
    Return the notes of an account.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Note.objects.filter(account=account_id)


def find_marker(*, about: About, kind: MarkerKind, on_date: datetime.date) -> MarkerCard | None:
    """Return the alert of a kind that is in force on a day about an account or a party, if there is one."""
    found = Marker.objects.filter(**about.columns, kind=kind, valid_during__contains=on_date).first()
    if found is None:
        return None
    return MarkerCard(
        marker_id=found.pk, kind=MarkerKind(found.kind), reason=found.reason, start_date=found.valid_during.lower
    )


def access_attachment(*, actor: Actor, attachment_id: int) -> Attachment:
    """
    Return an attachment that the actor may see, with its file.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Attachment.DoesNotExist: if there is no such attachment.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Attachment.objects.select_related("file", "document_type").get(pk=attachment_id)


def list_document_types(*, procedure: Procedure | None = None) -> list[tuple[str, str]]:
    """Return the types of document in use as (code, name), those that an act asks for when one is named."""
    types = DocumentType.objects.filter(is_active=True).order_by("name")
    if procedure is not None:
        types = types.filter(procedures__contains=[str(procedure)])
    return list(types.values_list("code", "name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredDocument:
    """
    A paper that an act asks for, and the file of it that a party has handed in before, while it counts (CUS-13).

    expires_date  the day from which that file no longer counts
    """

    code: str
    name: str
    attachment_id: int | None = None
    expires_date: datetime.date | None = None


def list_required_documents(*, procedure: Procedure, party_id: int, today: datetime.date) -> list[RequiredDocument]:
    """Return the papers that an act asks for, by name, each with the newest file of it that counts today."""
    kept = Attachment.objects.filter(party=party_id, withdrawn_reason="", document_type__isnull=False)
    counting = kept.filter(Q(expires_date=None) | Q(expires_date__gt=today)).order_by("added_at", "id")
    newest = {file.document_type.code: file for file in counting.select_related("document_type")}
    found = []
    for code, name in list_document_types(procedure=procedure):
        file = newest.get(code)
        found.append(
            RequiredDocument(
                code=code,
                name=name,
                attachment_id=file.pk if file else None,
                expires_date=file.expires_date if file else None,
            )
        )
    return found


def list_all_document_types() -> QuerySet[DocumentType]:
    """Return every type of document, for its administrator."""
    return DocumentType.objects.all()


def get_debt_rule() -> DebtRule:
    """Return what the company makes of open debt when a customer leaves."""
    return DebtRule(FrontOfficePolicy.objects.values_list("debt_rule", flat=True).first() or DebtRule.WARN)


def find_agreement_applied_for(*, key: str) -> int | None:
    """Return the agreement that an application with this key came to, or None."""
    return Application.objects.filter(key=key).values_list("agreement_id", flat=True).first()


def list_contract_templates() -> QuerySet[ContractTemplate]:
    """Return the texts of contracts."""
    return ContractTemplate.objects.all()


def list_documents_missing(*, agreement_ids: Sequence[int]) -> tuple[str, ...]:
    """Return the names of the documents that are still to be handed in for agreements."""
    found = Application.objects.filter(agreement__in=agreement_ids).values_list("documents_missing", flat=True)
    return tuple(dict.fromkeys(name for names in found for name in names))


def _attachment_card(kept: Attachment, *, today: datetime.date) -> AttachmentCard:
    return AttachmentCard(
        attachment_id=kept.pk,
        title=kept.title,
        type_name=kept.document_type.name if kept.document_type else "",
        media_type=kept.file.media_type,
        size_bytes=kept.file.size_bytes,
        sha256=kept.file.sha256,
        expires_date=kept.expires_date,
        is_expired=kept.expires_date is not None and kept.expires_date <= today,
        added_by=kept.added_by,
        added_at=kept.added_at,
    )
