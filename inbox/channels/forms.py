"""What every kind's setup form is: fields for people, plain values for a channel, and what to do at the far side.

A kind's `form.py` has one subclass of `ChannelForm`. It sees no model and asks nobody: the domain tries the
credentials (`inbox.domain.channels.connect_channel`) and keeps what is right.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.forms.forms import DeclarativeFieldsMetaclass
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.secret_fields import AsksAgain


@dataclass(frozen=True, kw_only=True)
class Held:
    """A channel that is connected, as its form sees it. No secret is among it.

    ``hook`` names it in addresses; ``base`` is our own public address for it, without a final slash.
    """

    name: str
    address: str
    account: str
    number: str
    hook: str
    base: str
    per_second: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChannelValues:
    """What a valid form says a channel is.

    ``address`` is as the far side writes it, ``shown`` as people do. ``config`` is laid over what the channel has.
    ``secrets``: sealed field (auth_token, hook_secret) to plain text; an empty one keeps what is kept.
    """

    address: str
    account: str
    shown: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Paste:
    """Something to paste at the far side: a web address, a word, a piece of a page."""

    label: str | Promise
    value: str
    help: str | Promise = ""
    lines: int = 1


class _FormMeta(ABCMeta, DeclarativeFieldsMetaclass):
    """A form some of whose methods each kind must write."""


class ChannelForm(AsksAgain, forms.Form, metaclass=_FormMeta):
    """The base: a name, and the secrets asked for once and never shown again."""

    # One sentence for the card on which a kind is chosen.
    about: ClassVar[str | Promise] = ""
    # Fields that say which channel it is: another number is another channel.
    fixed: ClassVar[tuple[str, ...]] = ()
    # Fields with secrets: form field to sealed field. Empty on a connected channel means the one that is kept.
    sealed: ClassVar[Mapping[str, str]] = {}
    # The field beside which the far side's refusal is written; empty: above the form.
    blamed: ClassVar[str] = ""
    # Whether it has a secret of our own making that can be made anew.
    rotates: ClassVar[bool] = False

    name = forms.CharField(
        label=_("Nombre"), max_length=80, help_text=_("Cómo lo verá su equipo: «Ventas», «Soporte».")
    )
    per_second = forms.IntegerField(
        label=_("Mensajes por segundo"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=_("Vacío: lo que el canal permite. Póngalo más bajo si su proveedor le fijó un límite."),
    )

    def __init__(self, *args: Any, held: Held | None = None, **kwargs: Any) -> None:
        if held is not None:
            kwargs["initial"] = {"name": held.name, "per_second": held.per_second, **self.initial_of(held)}
        super().__init__(*args, **kwargs)
        self.held = held
        if held is None:
            del self.fields["per_second"]
        for name in self.fixed:
            self.fields[name].disabled = held is not None
        for name in self.sealed:
            if held is not None:
                self.fields[name].required = False
                self.fields[name].help_text = _("Déjelo vacío para conservar el que ya está guardado.")

    def initial_of(self, held: Held) -> dict[str, Any]:
        """Return what the fields show of a connected channel; never a secret."""
        return {}

    @abstractmethod
    def values(self) -> ChannelValues:
        """Return what a valid form says. Each kind writes its own."""

    def secrets(self) -> dict[str, str]:
        """Return the secrets that were typed, by the field that keeps them."""
        return {kept: str(self.cleaned_data.get(name) or "") for name, kept in self.sealed.items()}

    def own_fields(self) -> list[forms.BoundField]:
        """Return the kind's own fields, for the page."""
        return [self[name] for name in self.fields if name not in {"name", "per_second"}]

    def pastes(self) -> Sequence[Paste]:
        """Return what of a connected channel is to be pasted at the far side."""
        return ()

    def steps(self) -> Sequence[str | Promise]:
        """Return what is left to do at the far side, step by step."""
        return ()
