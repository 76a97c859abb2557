"""What people type about tickets."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from inbox.models import Priority, Team, Ticket
from tenants.current import tenant_zone


class TicketForm(forms.Form):
    """What a ticket is about and whose work it is. `key` makes the same form sent twice one ticket."""

    subject = forms.CharField(label=_("Asunto"), max_length=160)
    category = forms.ChoiceField(label=_("Categoría"), choices=Ticket.Category.choices, initial=Ticket.Category.FAULT)
    priority = forms.TypedChoiceField(
        label=_("Prioridad"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    assignee = forms.ModelChoiceField(
        label=_("Responsable"), queryset=User.objects.none(), required=False, empty_label=_("Nadie todavía")
    )
    team = forms.ModelChoiceField(
        label=_("Equipo"), queryset=Team.objects.none(), required=False, empty_label=_("Ninguno")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        self.fields["assignee"].label_from_instance = lambda user: user.name  # type: ignore[attr-defined]
        self.fields["team"].queryset = Team.objects.all()  # type: ignore[attr-defined]


class NewTicketForm(TicketForm):
    """A ticket to open."""

    details = forms.CharField(
        label=_("Detalles"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Solo los ve su equipo."),
    )
    customer = forms.CharField(required=False, max_length=18, widget=forms.HiddenInput)
    conversation = forms.CharField(required=False, max_length=18, widget=forms.HiddenInput)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    field_order = ["subject", "category", "priority", "assignee", "team", "details"]


class EditTicketForm(TicketForm):
    """A ticket as it is."""

    state = forms.ChoiceField(label=_("Estado"), choices=Ticket.State.choices)
    due_at = forms.DateTimeField(
        label=_("Plazo"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    @classmethod
    def of(cls, ticket: Ticket) -> EditTicketForm:
        """The form with what the ticket says now."""
        due = ticket.due_at.astimezone(tenant_zone()).replace(tzinfo=None) if ticket.due_at else None
        names = ("subject", "category", "priority", "state", "assignee", "team")
        return cls(initial={**{name: getattr(ticket, name) for name in names}, "due_at": due})

    def clean_due_at(self) -> dt.datetime:
        """The moment typed, in the provider's zone."""
        moment: dt.datetime = self.cleaned_data["due_at"]
        return moment.replace(tzinfo=tenant_zone())


class CommentForm(forms.Form):
    """Words under a ticket."""

    body = forms.CharField(label=_("Comentario"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), strip=True)
    is_public = forms.BooleanField(label=_("Enviárselo también al cliente"), required=False)
