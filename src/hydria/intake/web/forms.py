"""What loading asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from hydria.intake import operations, queries
from hydria.intake._wording import explain
from hydria.kernel.issues import Issue
from hydria.platform.web.forms import DeskForm

MAPPING_BYTES_MAX = 1_000_000


class ReceiveForm(DeskForm):
    """A file, and the mapping that explains it: one that is known, or one from a file."""

    file = forms.FileField(label=_("File"), help_text=_("CSV, gzipped CSV or XLSX."))
    mapping = forms.ChoiceField(label=_("Mapping"), required=False)
    mapping_file = forms.FileField(
        label=_("Another mapping"), required=False, help_text=_("A mapping text of your own (YAML).")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(name, name) for name in queries.list_known_mappings()]
        self.fields["mapping"].choices = [("", _("From the file below")), *known]  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile:
        """Refuse a file that is too large before it is read into memory."""
        upload: UploadedFile = self.cleaned_data["file"]
        data = {"size_bytes": upload.size, "size_bytes_max": operations.get_limits().size_bytes_max}
        if (upload.size or 0) > data["size_bytes_max"]:
            raise forms.ValidationError(explain(Issue(code="file_too_large", data=data)).sentence_with_row)
        return upload

    def clean(self) -> dict[str, Any]:
        """Put the text of the chosen mapping into `mapping_text`."""
        data: dict[str, Any] = super().clean() or {}
        upload = data.get("mapping_file")
        if upload and upload.size <= MAPPING_BYTES_MAX:
            try:
                data["mapping_text"] = upload.read().decode("utf-8")
            except UnicodeDecodeError:
                self.add_error("mapping_file", _("This is not a text in UTF-8."))
        elif upload:
            self.add_error("mapping_file", _("This is too large for a mapping."))
        elif data.get("mapping"):
            data["mapping_text"] = queries.get_known_mapping(data["mapping"])
        else:
            self.add_error("mapping", _("Choose a mapping, or give one as a file."))
        return data


class ReverseForm(DeskForm):
    """Why a load is undone."""

    reason = forms.CharField(label=_("Reason"), max_length=250)
