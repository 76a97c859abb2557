"""Labels, teams and the inbox's rules as people type them."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from customers.models import Zone
from inbox.models import Label, Policy, Team

DAYS = (
    gettext_lazy("Lunes"),
    gettext_lazy("Martes"),
    gettext_lazy("Miércoles"),
    gettext_lazy("Jueves"),
    gettext_lazy("Viernes"),
    gettext_lazy("Sábado"),
    gettext_lazy("Domingo"),
)
STRETCH = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|a)\s*(\d{1,2}):(\d{2})")
DAY_END = 24 * 60
MOST_CLOSED = 200


class LabelForm(forms.ModelForm):
    """A label: its word and its tone."""

    class Meta:
        model = Label
        fields = ["name", "tone"]
        labels = {"name": gettext_lazy("Nombre"), "tone": gettext_lazy("Color")}

    def clean_name(self) -> str:
        """Return the name with single spaces."""
        return _one_line(self.cleaned_data["name"])


class TeamForm(forms.ModelForm):
    """A team: its people, its zones, how it shares what comes."""

    members = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Personas"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Solo quienes pueden responder reciben conversaciones."),
    )
    zones = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Zonas"),
        queryset=Zone.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Las conversaciones de sus clientes llegan solas a este equipo. Una zona es de un solo equipo."
        ),
    )

    class Meta:
        model = Team
        fields = ["name", "assignment", "members", "zones"]
        labels = {"name": gettext_lazy("Nombre"), "assignment": gettext_lazy("Cómo se reparte")}
        help_texts = {
            "assignment": gettext_lazy(
                "Por turnos: una a cada quien. A quien tenga menos: según sus conversaciones abiertas."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["members"]
        people.queryset = User.objects.who_can("inbox.reply")
        zones: Any = self.fields["zones"]
        zones.queryset = Zone.objects.order_by("name")

    def clean_name(self) -> str:
        """Return the name with single spaces."""
        return _one_line(self.cleaned_data["name"])


class PolicyForm(forms.Form):
    """The inbox's rules: when somebody is there, how soon people are answered, how long things are kept."""

    default_team = forms.ModelChoiceField(
        label=gettext_lazy("Equipo de los demás"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=gettext_lazy("Ninguno"),
        help_text=gettext_lazy("A dónde van las conversaciones cuya zona no tiene equipo."),
    )
    closed_days = forms.CharField(
        label=gettext_lazy("Días cerrados"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "2026-12-25"}),
        help_text=gettext_lazy("Una fecha por línea, como 2026-12-25."),
    )
    first_response_minutes = forms.IntegerField(
        label=gettext_lazy("Responder en"), min_value=0, max_value=10_000,
        help_text=gettext_lazy("Minutos de horario de atención. 0: sin meta."),
    )  # fmt: skip
    resolution_minutes = forms.IntegerField(
        label=gettext_lazy("Resolver en"), min_value=0, max_value=100_000,
        help_text=gettext_lazy("Minutos de horario de atención. 0: sin meta."),
    )  # fmt: skip
    resolve_after_days = forms.IntegerField(
        label=gettext_lazy("Resolver sola tras"), min_value=0, max_value=365,
        help_text=gettext_lazy("Días sin mensajes. 0: nunca."),
    )  # fmt: skip
    keep_notifications_days = forms.IntegerField(
        label=gettext_lazy("Guardar notificaciones"), min_value=1, max_value=365,
        help_text=gettext_lazy("Días que se conserva lo que avisan WhatsApp y los demás canales, tal como llegó."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, policy: Policy) -> None:
        plain = ("first_response_minutes", "resolution_minutes", "resolve_after_days", "keep_notifications_days")
        initial = {name: getattr(policy, name) for name in plain}
        initial |= {"default_team": policy.default_team_id, "closed_days": "\n".join(policy.closed_days)}
        initial |= {
            f"day_{day}": ", ".join(f"{begin}-{end}" for begin, end in policy.hours.get(str(day), []))
            for day in range(7)
        }
        super().__init__(data, initial=initial)
        teams: Any = self.fields["default_team"]
        teams.queryset = Team.objects.all()
        for day, word in enumerate(DAYS):
            attrs = {"placeholder": _("Cerrado"), "autocomplete": "off"}
            self.fields[f"day_{day}"] = forms.CharField(
                label=word, required=False, max_length=80, widget=forms.TextInput(attrs=attrs)
            )

    @property
    def days(self) -> list[Any]:
        """Return the fields of the week, Monday first."""
        return [self[f"day_{day}"] for day in range(7)]

    def clean_closed_days(self) -> list[str]:
        """Return the closed days, in order."""
        found = set()
        for text in self.cleaned_data["closed_days"].replace(",", "\n").split():
            try:
                found.add(dt.date.fromisoformat(text).isoformat())
            except ValueError:
                raise forms.ValidationError(_("«%(text)s» no es una fecha como 2026-12-25.") % {"text": text}) from None
        if len(found) > MOST_CLOSED:
            raise forms.ValidationError(_("Son demasiados días: deje los de los próximos meses."))
        return sorted(found)

    def clean(self) -> dict[str, Any]:
        """Read the hours of each day."""
        data = super().clean() or {}
        hours = {}
        for day in range(7):
            try:
                hours[str(day)] = read_hours(data.get(f"day_{day}", ""))
            except ValueError:
                self.add_error(f"day_{day}", _("Escríbalo como 09:00-13:00, 16:00-19:00; vacío si está cerrado."))
        data["hours"] = hours
        return data


def read_hours(text: str) -> list[list[str]]:
    """Return stretches such as «9:00-13:00, 16:00-19:00» in order.

    Raises ValueError for what is no hour, ends before it begins, or lies over another.
    """
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = STRETCH.fullmatch(part)
        if match is None:
            raise ValueError(part)
        one, two, three, four = (int(group) for group in match.groups())
        begin, end = one * 60 + two, three * 60 + four
        if two > 59 or four > 59 or not 0 <= begin < end <= DAY_END:
            raise ValueError(part)
        found.append((begin, end))
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise ValueError(text)
    return [[f"{moment // 60:02}:{moment % 60:02}" for moment in stretch] for stretch in found]


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
