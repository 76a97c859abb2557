"""The policy as people type it, for the provider and for a zone or a customer with terms of their own."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.domain.cut_days import regions_of
from billing.domain.cycle import add_months, month_start
from billing.domain.money import round_money
from billing.domain.policies import FIELDS, Values, effective
from billing.domain.policy_rules import policy_errors
from billing.domain.policy_words import LABELS, say_value
from billing.domain.series import invoice_prefixes
from billing.models import BillingPolicy
from billing.models.fields import AmountField
from billing.notice_fields import NoticesField
from customers.models import Plan
from tenants.current import current_tenant


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that are read together."""

    title: str | Promise
    help: str | Promise
    names: tuple[str, ...]
    ladder: bool = False


GROUPS = (
    Group(
        later("Calendario"),
        later("Cuándo se emite, se espera el pago y vence. Un día que el mes no tiene es su último día."),
        (
            "cycle", "period_unit", "period_months", "pack_days", "issue_day", "pay_day", "cut_day", "issue_before",
            "due_after", "issue_hour", "auto_issue",
        ),
    ),
    Group(
        later("Períodos incompletos"),
        later("Qué se cobra a quien empieza, cambia de plan, se pausa o se corta a medio período."),
        (
            "trial_days", "first_period", "plan_change", "downgrade_when", "while_suspended", "pause_percent",
            "pause_returns", "cancel_returns",
        ),
    ),
    Group(
        later("Recargos"),
        later("Lo que se suma por pagar tarde y por volver a conectar."),
        (
            "late_fee_kind", "late_fee_value", "late_fee_after_days", "late_fee_taxed", "reconnect_fee_kind",
            "reconnect_fee_value", "reconnect_fee_after_days", "reconnect_fee_taxed",
        ),
    ),
    Group(
        later("Avisos y corte"),
        later("Los pasos, en orden, desde la factura hasta que se deja de insistir."),
        (
            "notices", "cut_after_days", "cut_from", "cut_hour", "cut_window_hours", "second_step",
            "second_step_after_days",
        ),
        ladder=True,
    ),
    Group(
        later("A quién no se corta"),
        later("Cada quien se queda conectado por una razón que la noche dice."),
        (
            "min_debt", "min_unpaid_invoices", "spare_weekends", "spare_holidays", "spare_eves", "holidays_region",
            "partial_restarts", "never_cut",
        ),
    ),
    Group(
        later("Horas y límites"),
        later("Cuándo no se escribe a nadie, y cuándo una noche espera a una persona."),
        ("quiet_from", "quiet_until", "max_cuts", "max_cuts_percent"),
    ),
    Group(later("Reconexión"), later("Cuánto debe pagar para volver."), ("reconnect_when", "reconnect_value")),
    Group(
        later("Promesas de pago"),
        later("A quien promete pagar no se le corta hasta esa hora, y si está cortado, vuelve."),
        (
            "promise_by", "promise_max_days", "promise_hour", "promise_per_month", "promise_min_percent",
            "promise_block_days",
        ),
    ),
    Group(
        later("Documentos y seguridad"),
        later("La serie de las facturas, y un freno contra cargos repetidos."),
        ("tax_name", "series_prefix", "max_items_per_day"),
    ),
)  # fmt: skip

HELP = {
    "period_months": later("1 es cada mes; 3, cada tres meses."),
    "pack_days": later("1, 3, 7 o 30 días, por ejemplo."),
    "issue_before": later("Antes del primer día del período."),
    "due_after": later("Después del primer día del período."),
    "trial_days": later("Desde la instalación; después empieza a cobrarse."),
    "pause_percent": later("0 es pausa sin costo; 100, el precio completo."),
    "late_fee_after_days": later("Una sola vez por factura, tantos días después de su vencimiento."),
    "reconnect_fee_after_days": later("0 la cobra siempre que vuelve de un corte."),
    "cut_after_days": later("0 corta el mismo día."),
    "second_step_after_days": later("Contados desde el mismo día que el corte."),
    "min_unpaid_invoices": later("1 corta por la primera; 2 espera a que venzan dos."),
    "spare_eves": later("El día antes de un día sin cortes."),
    "holidays_region": later("Los feriados nacionales cuentan siempre."),
    "partial_restarts": later("Si no, pagar una parte no cambia el día del corte."),
    "quiet_from": later("Un aviso que caiga en estas horas espera a que terminen."),
    "quiet_until": later("La misma hora dos veces: se escribe a cualquier hora."),
    "max_cuts_percent": later("De los clientes con servicio. Vacío: sin límite."),
    "cut_window_hours": later("Si el router no responde en ese tiempo, no se corta y se decide otra vez."),
    "max_cuts": later("Si son más, la noche espera a que una persona la apruebe. Vacío: sin límite."),
    "promise_max_days": later("Desde el día en que se da; 0 la deja para el mismo día."),
    "promise_hour": later("Si a esa hora no pagó, se corta. Quien la da puede elegir otra."),
    "promise_per_month": later("De cada cliente, por mes. 0: ninguna."),
    "promise_min_percent": later("De lo vencido, pagado desde que venció. 0: nada."),
    "promise_block_days": later("Quien no cumple espera tantos días; 0 no espera."),
    "tax_name": later("De los planes cuyo impuesto no tiene nombre propio."),
    "max_items_per_day": later("Si un servicio recibe más en un día, se detiene y avisa."),
}
WHOLE = {
    "promise_by",
    "cycle",
    "period_unit",
    "auto_issue",
    "first_period",
    "plan_change",
    "late_fee_kind",
    "reconnect_fee_kind",
}
# Which fields count only for some units of the period, or when there is a fee; the others always count.
UNIT_OF = {
    "period_months": "months", "issue_day": "month", "pay_day": "month", "cut_day": "month", "pack_days": "days",
    "issue_before": "moving", "due_after": "moving", "late_fee_value": "late", "late_fee_after_days": "late",
    "late_fee_taxed": "late", "reconnect_fee_value": "again", "reconnect_fee_after_days": "again",
    "reconnect_fee_taxed": "again", "reconnect_value": "enough", "second_step_after_days": "second",
}  # fmt: skip
# What the preview of the year and of the first period is made of.
SHOWS = {
    "cycle", "period_unit", "period_months", "pack_days", "issue_day", "pay_day", "cut_day", "issue_before",
    "due_after", "trial_days", "first_period", "cut_after_days", "cut_hour",
}  # fmt: skip
MAY_BE_EMPTY = {"holidays_region"}
AMOUNTS = [name for name, field in FIELDS.items() if isinstance(field, AmountField)]


def shown(name: str, policy: BillingPolicy) -> Any:
    """A policy's value as its field shows it for typing."""
    value = getattr(policy, name)
    if name in AMOUNTS:
        return round_money(Decimal(value), current_tenant().currency)
    return value


class PolicyForm(forms.ModelForm):
    """The provider's policy."""

    notices = NoticesField()
    promise_by = forms.MultipleChoiceField(
        choices=BillingPolicy.Promiser, required=False, widget=forms.CheckboxSelectMultiple
    )
    auto_issue = forms.BooleanField(
        label=later("Emitir las facturas por sí solo"),
        required=False,
        help_text=later("Desde hoy; los meses anteriores no se tocan."),
    )

    class Meta:
        model = BillingPolicy
        fields = [name for group in GROUPS for name in group.names if name not in {"auto_issue", "notices"}]
        labels = LABELS
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            for name in ("issue_hour", "cut_hour", "quiet_from", "quiet_until", "promise_hour")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = HELP.get(name, field.help_text if name == "auto_issue" else "")
        self.initial["notices"] = self.instance.notices
        self.fields["notices"].widget.policy = self.instance
        regions = regions_of(current_tenant().country)
        self.fields["holidays_region"] = forms.ChoiceField(
            label=LABELS["holidays_region"],
            required=False,
            choices=[("", _("Todo el país")), *sorted(regions.items(), key=lambda region: region[1])],
            help_text=HELP["holidays_region"],
        )
        for name in AMOUNTS:
            self.initial[name] = shown(name, self.instance)
        self.initial["auto_issue"] = self.instance.auto_issue_from is not None
        self.fields["max_cuts"].required = self.fields["max_cuts_percent"].required = False
        chosen = self.instance.series_prefix
        prefixes = dict.fromkeys([*invoice_prefixes(), chosen])
        self.fields["series_prefix"] = forms.ChoiceField(
            label=LABELS["series_prefix"], choices=[(prefix, prefix) for prefix in prefixes]
        )

    def _post_clean(self) -> None:
        """After the values are on the instance: refuse what makes no sense, each at its field."""
        super()._post_clean()  # type: ignore[misc]  # Django's own hook after the values are set
        if "notices" in self.cleaned_data:
            self.instance.notices = self.cleaned_data["notices"]
        if not self.errors:
            for name, sentence in policy_errors(self.instance, current_tenant().currency).items():
                self.add_error(name, sentence)

    @property
    def groups(self) -> Iterator[tuple[Group, list[tuple[forms.BoundField, bool, str]]]]:
        """The fields as the page shows them: bound field, whether it takes the line, for what it counts."""
        for group in GROUPS:
            yield group, [(self[name], name in WHOLE, UNIT_OF.get(name, "")) for name in group.names]


class OverrideForm(forms.Form):
    """Each field of the policy inherited, or with a value of its own (`own_<field>` ticked)."""

    def __init__(self, *args: Any, inherited: BillingPolicy, values: Values, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inherited = inherited
        self.result = effective(inherited, values)
        typed = PolicyForm(instance=inherited)
        for name in FIELDS:
            field = typed.fields[name]
            field.required = False
            field.initial = shown(name, self.result)
            self.fields[name] = field
            self.fields[f"own_{name}"] = forms.BooleanField(
                label=_("Otro valor"), required=False, initial=name in values
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        own = [name for name in FIELDS if data.get(f"own_{name}")]
        for name in own:
            empty = data.get(name) is None or (data.get(name) == "" and name not in MAY_BE_EMPTY)
            if empty and name not in self.errors:
                self.add_error(name, _("Escriba su valor, o deje que se herede."))
        # A field that is inherited says nothing, whatever is left in its box.
        for name in set(FIELDS) - set(own):
            self.errors.pop(name, None)
        self.values = {name: data[name] for name in own if name not in self.errors}
        self.result = effective(self.inherited, self.values)
        if not self.errors:
            for name, sentence in policy_errors(self.result, current_tenant().currency).items():
                self.add_error(name, sentence)
        return data

    @property
    def groups(self) -> Iterator[tuple[Group, list[tuple[forms.BoundField, forms.BoundField, str]]]]:
        """The fields as the page shows them: its value, whether it is its own, what it would inherit."""
        for group in GROUPS:
            rows = [
                (self[name], self[f"own_{name}"], say_value(name, self.inherited))
                for name in group.names
                if name in FIELDS
            ]
            if rows:
                yield group, rows


def wrong_fields(form: forms.BaseForm) -> list[forms.BoundField]:
    """The fields that have a sentence, in the order of the form."""
    return [form[name] for name in form.fields if name in form.errors]


class SampleForm(forms.Form):
    """For whom the preview is: a day of installation, a plan, a year."""

    sample_on = forms.DateField(
        label=later("Instalado el"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(
        self, *args: Any, today: dt.date, plan: Plan | None, since: dt.date | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        plans = forms.ModelChoiceField(
            label=_("Plan"), queryset=Plan.objects.filter(is_active=True), required=False, empty_label=None
        )
        self.fields["sample_plan"] = plans
        leap = next(year for year in range(today.year + 1, today.year + 9) if calendar.isleap(year))
        years = dict.fromkeys([today.year + 1, leap])
        names = [(year, _("%(year)s, bisiesto") % {"year": year} if year == leap else str(year)) for year in years]
        self.fields["sample_year"] = forms.TypedChoiceField(
            label=_("Se ve"), coerce=int, required=False, choices=[(0, _("12 meses")), *names]
        )
        following = add_months(month_start(today), 1)
        for field in self.fields.values():
            field.widget.attrs |= {"form": "policy-form", "class": "input"}
        self.initial = {"sample_on": since or following.replace(day=12), "sample_plan": plan, "sample_year": 0}

    def sample(self) -> tuple[dt.date, Plan | None, dt.date, dt.date]:
        """The day, the plan, and the first and last day to show; what was typed badly counts as not typed."""
        found = {**self.initial, **{k: v for k, v in getattr(self, "cleaned_data", {}).items() if v}}
        year = int(found["sample_year"])
        first = dt.date(year, 1, 1) if year else add_months(month_start(self.today), 1)
        last = add_months(first, 12) - dt.timedelta(days=1)
        return found["sample_on"], found["sample_plan"], first, last
