"""Forms of how a router works: how it cuts, and what plans are called on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from customers.models import Plan
from network.domain.setup import CUTTING
from network.methods import PLAN_NAMES, TIMED, kinds_of
from network.models import PlanProfile, Router


class CuttingForm(forms.ModelForm):
    """How cuts are made on a router."""

    class Meta:
        model = Router
        fields = CUTTING
        labels = {
            "cut_list": _l("Lista de cortados"),
            "cut_profile": _l("Perfil de cortados"),
            "cut_kbps": _l("Velocidad de un cortado (kbit/s)"),
            "max_cuts_per_run": _l("Cortes por hora sin preguntar"),
        }
        help_texts = {
            "cut_list": _l("La que miran las reglas del firewall."),
            "cut_profile": _l("El de PPP y hotspot para quien se corta por perfil."),
            "cut_kbps": _l("Para quien se corta bajando su velocidad."),
            "max_cuts_per_run": _l("Si una noche serían más, esperan a que alguien los apruebe."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.kind != Router.Kind.MIKROTIK:
            for name in ("cut_list", "cut_profile", "cut_kbps"):
                del self.fields[name]

    def clean_cut_kbps(self) -> int:
        """At least one, or a queue would be without a limit."""
        kbps: int = self.cleaned_data["cut_kbps"]
        if not 1 <= kbps <= 1_000_000:
            raise forms.ValidationError(_("De 1 a 1,000,000 kbit/s: con cero quedaría sin límite."))
        return kbps

    def clean_max_cuts_per_run(self) -> int:
        """Zero asks before each."""
        most: int = self.cleaned_data["max_cuts_per_run"]
        if most > 100_000:
            raise forms.ValidationError(_("A lo más 100,000."))
        return most

    @property
    def changes(self) -> dict[str, Any]:
        """The values for change_cutting."""
        return dict(self.cleaned_data)


class PlanNameForm(forms.Form):
    """What a plan is called on a router. The plan and the method of an existing name stay."""

    plan = forms.ModelChoiceField(label=_l("Plan"), queryset=Plan.objects.none(), empty_label=None)
    kind = forms.ChoiceField(label=_l("Método"))
    name = forms.CharField(
        label=_l("Nombre en el router"), max_length=120, help_text=_l("Tal como está escrito allá, con mayúsculas.")
    )
    validity = forms.TypedChoiceField(
        label=_l("Cuánto dura"),
        required=False,
        coerce=lambda text: timedelta(days=int(text)),
        empty_value=None,
        help_text=_l("Para hotspot y User Manager. Después hay que asignarlo de nuevo."),
    )
    is_trial = forms.BooleanField(label=_l("Es de prueba: se da una vez a cada cliente"), required=False)

    def __init__(self, *args: Any, router: Router, profile: PlanProfile | None = None, **kwargs: Any) -> None:
        self.profile, self.router = profile, router
        if profile is not None:
            days = profile.validity.days if profile.validity else ""
            start = {"name": profile.name, "validity": str(days), "is_trial": profile.is_trial}
            kwargs.setdefault("initial", start)
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in kinds_of(router) if kind in PLAN_NAMES]
        self.fields["plan"].queryset = Plan.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["kind"].choices = [(kind, PLAN_NAMES[kind]) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["validity"].choices = _validities(profile)  # type: ignore[attr-defined]
        timed = {profile.kind} & TIMED if profile else set(kinds) & TIMED
        if profile is not None:
            del self.fields["plan"], self.fields["kind"]
        if not timed:
            del self.fields["validity"], self.fields["is_trial"]

    def clean(self) -> dict[str, Any]:
        """A plan has one name for each method, and only some last for a time."""
        given = super().clean() or {}
        kind = self.profile.kind if self.profile else given.get("kind")
        if kind not in TIMED and (given.get("validity") or given.get("is_trial")):
            self.add_error("validity", _("Solo en hotspot y User Manager se asigna por un tiempo."))
        if self.profile is None and given.get("plan"):
            taken = PlanProfile.objects.filter(router=self.router, plan=given["plan"], kind=kind or "").first()
            if taken is not None:
                self.add_error("plan", _("Ese plan ya se llama «%(name)s» ahí.") % {"name": taken.name})
        return given


def _validities(profile: PlanProfile | None) -> list[tuple[str, Any]]:
    words = {
        "": _l("Hasta que se cambie"),
        "1": _l("1 día"),
        "3": _l("3 días"),
        "7": _l("1 semana"),
        "15": _l("15 días"),
        "30": _l("1 mes (30 días)"),
    }
    choices: list[tuple[str, Any]] = list(words.items())
    if profile is not None and profile.validity and str(profile.validity.days) not in words:
        days = profile.validity.days
        choices.append((str(days), _("%(days)s días") % {"days": days}))
    return choices
