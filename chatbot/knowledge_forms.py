"""The forms of the provider's knowledge."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from chatbot.domain.knowledge import ANSWER, TITLE
from chatbot.models import Article


class LanguageForm(forms.Form):
    """What both kinds of article have."""

    language = forms.ChoiceField(
        label=_("Idioma"), choices=Article.Language.choices, initial=Article.Language.SPANISH, widget=forms.Select
    )
    language.widget.attrs["class"] = "input"


class FaqForm(LanguageForm):
    """A question and its answer."""

    question = forms.CharField(
        label=_("Pregunta"),
        max_length=TITLE,
        help_text=_("Como la haría un cliente: «¿Cuánto cuesta la instalación?»."),
    )
    answer = forms.CharField(
        label=_("Respuesta"),
        max_length=ANSWER,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": ANSWER}),
        help_text=_("Se dice tal cual, a cualquiera que pregunte. No ponga datos de ningún cliente."),
    )
    field_order = ("question", "answer", "language")


class DocumentForm(LanguageForm):
    """A document to read."""

    file = forms.FileField(
        label=_("Documento"),
        allow_empty_file=True,
        help_text=_("PDF con texto o Markdown (.md, .txt), hasta 5 MB. Se dice a cualquiera que pregunte."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.md,.markdown,.txt"}),
    )
    title = forms.CharField(
        label=_("Título"),
        max_length=TITLE,
        required=False,
        help_text=_("Así se cita: «Según: Contrato». Vacío: el nombre del archivo."),
    )
    field_order = ("file", "title", "language")


class TryForm(forms.Form):
    """A question to try."""

    text = forms.CharField(label=_("Lo que preguntaría un cliente"), max_length=500)
