"""What the operator brings: the source and its files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from desk.imports.sources.registry import SOURCES

MOST_BYTES = 64 * 1024 * 1024
MOST_FILES = 60


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files, each cleaned as one."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Return the files. Raises ValidationError for none, too many or too much."""
        files = (list(data) if isinstance(data, list | tuple) else [data]) or [None]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                _("Son demasiados archivos: traiga hasta %(most)d."), params={"most": MOST_FILES}
            )
        if sum(file.size or 0 for file in files if file) > MOST_BYTES:
            raise forms.ValidationError(
                _("Los archivos suman más de %(most)s. Tráigalos en dos importaciones."),
                params={"most": filesizeformat(MOST_BYTES)},
            )
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class ImportForm(forms.Form):
    """A new import."""

    source = forms.ChoiceField(
        label=_("De dónde vienen"),
        choices=[(kind, source.label) for kind, source in SOURCES.items()],
        widget=forms.RadioSelect,
        initial="wisphub",
    )
    brought = ManyFilesField(
        label=_("Archivos"),
        allow_empty_file=True,
        error_messages={"required": _("Elija la lista de clientes; la de facturas también, si la tiene.")},
        widget=ManyFilesInput(attrs={"accept": ".json,application/json"}),
    )
    update_existing = forms.BooleanField(required=False)
