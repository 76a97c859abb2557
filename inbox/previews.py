"""How an approved text looks on the customer's phone, and what must be filled in before it can go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.domain.approvals import needs_file, part_of
from inbox.domain.outbound import BUTTON, PLACES, fill_places
from inbox.models import Approval, Template

BUTTON_ICONS = {"URL": "external-link", "PHONE_NUMBER": "phone", "COPY_CODE": "copy"}
FILES = {
    "IMAGE": ("image/jpeg, image/png", gettext_lazy("Imagen del encabezado"), "image"),
    "VIDEO": ("video/mp4", gettext_lazy("Video del encabezado"), "video"),
    "DOCUMENT": ("application/pdf", gettext_lazy("Documento del encabezado"), "file-text"),
}
WORDS = {
    "name": gettext_lazy("Nombre"),
    "amount": gettext_lazy("Monto"),
    "due_date": gettext_lazy("Vence el"),
    "until": gettext_lazy("Hasta"),
    "reason": gettext_lazy("Motivo"),
    "document": gettext_lazy("Documento"),
    "link": gettext_lazy("Enlace"),
    "number": gettext_lazy("Número"),
    "subject": gettext_lazy("Asunto"),
    "comment": gettext_lazy("Comentario"),
}


@dataclass(frozen=True)
class Value:
    """A place to fill: what a message keeps it under, and what people call it."""

    place: str
    word: str
    value: str = ""


@dataclass(frozen=True)
class Preview:
    """The text with its values in place."""

    header: str
    file: str  # an icon's name when the header is a file
    file_word: str
    link: str
    body: str
    footer: str
    buttons: tuple[tuple[str, str], ...]  # words and icon


def places_of(approval: Approval) -> list[str]:
    """Return everything an approved text asks for, as a message keeps it: body, header, buttons."""
    places = [str(place) for place in approval.variables] or PLACES.findall(approval.body)
    header = str(part_of(approval, "header").get("text", ""))
    places += [f"header_{place}" for place in PLACES.findall(header) if place not in approval.variables]
    if not _is_flat(approval):
        open_ended = [b for b in _buttons(approval) if "{{" in str(b.get("url", "")) or _kind(b) == "COPY_CODE"]
        places += [f"{BUTTON}{at}" for at in range(1, len(open_ended) + 1)]
    return list(dict.fromkeys(places))


def _is_flat(approval: Approval) -> bool:
    """Say whether the values of all parts share one numbering, as Twilio's do."""
    return approval.external_id.startswith("HX")


def values_of(approval: Approval, known: Mapping[str, str]) -> list[Value]:
    """Return the places with their names and what is known for each; the carried notice names its own."""
    names = list(approval.notice.variables) if approval.notice else []
    found = []
    for at, place in enumerate(places_of(approval)):
        name = names[at] if at < len(names) else place
        found.append(Value(place, _word(place, name), known.get(name, "")))
    if found and not names and not found[0].value:  # most begin by a name
        first = found[0]
        found[0] = Value(first.place, first.word, known.get("name", ""))
    return found


def _word(place: str, name: str) -> str:
    if name in WORDS:
        return str(WORDS[name])
    if place.startswith(BUTTON):
        return _("Dato del botón %(n)s") % {"n": place.removeprefix(BUTTON)}
    if place.startswith("header_"):
        return _("Dato del encabezado")
    return _("Dato %(n)s") % {"n": name} if name.isdecimal() else name.replace("_", " ").capitalize()


def preview_of(approval: Approval, values: Mapping[str, str]) -> Preview:
    """Return an approved text as it will look; a place without a value shows what goes there: [Monto]."""
    values = {value.place: f"[{value.word}]" for value in values_of(approval, {})} | dict(values)
    header = part_of(approval, "header")
    form = str(header.get("format", "")).upper()
    _accept, word, icon = FILES.get(form, ("", "", ""))
    in_header = {place.removeprefix("header_"): value for place, value in values.items()} | dict(values)
    return Preview(
        header=fill_places(str(header.get("text", "")), in_header),
        file=icon,
        file_word=str(word),
        link=str(header.get("link", "")),
        body=fill_places(approval.body, values),
        footer=str(part_of(approval, "footer").get("text", "")),
        buttons=tuple((str(b.get("text", "")), BUTTON_ICONS.get(_kind(b), "reply")) for b in _buttons(approval)),
    )


def notice_words(notice: Template) -> str:
    """Return a notice's text with what goes in each of its places."""
    return fill_places(
        notice.body, {str(at): f"[{_word(str(at), name)}]" for at, name in enumerate(notice.variables, start=1)}
    )


def file_wanted(approval: Approval) -> tuple[str, str]:
    """Return what kinds of file the header takes and what to call it; nothing where none is attached."""
    if not needs_file(approval):
        return "", ""
    accept, word, _icon = FILES[str(part_of(approval, "header")["format"]).upper()]
    return accept, str(word)


def _buttons(approval: Approval) -> list[dict[str, Any]]:
    return [dict(button) for button in part_of(approval, "buttons").get("buttons") or []]


def _kind(button: Mapping[str, Any]) -> str:
    return str(button.get("type", "")).upper()
