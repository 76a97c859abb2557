"""By what a figure may be taken apart. Every dimension has a row for what has no value of it, so that all add up.

A key is SQL over `x`, the rows of a figure (with customer_id, and of payments their own columns), and what `joins`
brings. Labels of codes are given in `labels`; other labels come from the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerAccount, Payment

SEVERAL = "-1"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to take a figure apart. `key` and `label` are SQL expressions of text."""

    code: str
    name: str | Promise
    key: str = "''"
    label: str = "''"
    joins: str = ""
    none: str | Promise = ""
    labels: dict[str, str | Promise] = field(default_factory=dict)

    def named(self, key: str | None, label: str | None) -> str:
        """What a row is called."""
        if not key:
            return str(self.none)
        return str(self.labels.get(key) or self.labels.get(label or "") or label or key)


WHOLE = Dimension("", _("Todo"))
ZONE = Dimension(
    "zone",
    _("Zona"),
    key="z.id::text",
    label="z.name",
    joins="JOIN customers_customer c ON c.id = x.customer_id LEFT JOIN customers_zone z ON z.id = c.zone_id",
    none=_("Sin zona"),
)
# Of money that is nobody's service in particular: the plan of the customer, when they have one.
CUSTOMER_PLAN = Dimension(
    "plan",
    _("Plan"),
    key="cp.plan_id::text",
    label="pl.name",
    joins="""LEFT JOIN (
        SELECT customer_id,
               CASE WHEN living_min IS NOT NULL THEN CASE WHEN living_min = living_max THEN living_min ELSE -1 END
                    WHEN any_min = any_max THEN any_min ELSE -1 END AS plan_id
          FROM (SELECT customer_id, min(plan_id) AS any_min, max(plan_id) AS any_max,
                       min(plan_id) FILTER (WHERE status <> 'cancelled') AS living_min,
                       max(plan_id) FILTER (WHERE status <> 'cancelled') AS living_max
                  FROM customers_service GROUP BY customer_id) s
        ) cp ON cp.customer_id = x.customer_id
        LEFT JOIN customers_plan pl ON pl.id = cp.plan_id""",
    none=_("Sin plan"),
    labels={SEVERAL: _("Varios planes")},
)
# Of what is charged or contracted for a service: `x.plan_id`.
SERVICE_PLAN = Dimension(
    "plan",
    _("Plan"),
    key="x.plan_id::text",
    label="pl.name",
    joins="LEFT JOIN customers_plan pl ON pl.id = x.plan_id",
    none=_("Sin plan"),
)
COLLECTOR = Dimension(
    "collector",
    _("Cobrador"),
    key="x.actor_kind || ':' || coalesce(x.actor_id::text, x.actor_label)",
    label="x.actor_label",
    none=_("Sin cobrador"),
)
METHOD = Dimension(
    "method",
    _("Forma de pago"),
    key="x.method",
    label="x.method",
    none=_("Sin forma de pago"),
    labels={str(code): label for code, label in Payment.Method.choices},
)
# How the payment came to be written down, told by its key and by who did it.
CHANNEL = Dimension(
    "channel",
    _("Canal"),
    key="""CASE WHEN x.key LIKE 'receipt:%%' THEN 'receipt'
                WHEN x.method = 'gateway' OR x.key LIKE 'gateway:%%' THEN 'gateway'
                WHEN x.key LIKE 'bank:%%' THEN 'bank'
                WHEN x.actor_kind IN ('bot', 'customer', 'api') THEN x.actor_kind
                WHEN x.key LIKE 'counter:%%' THEN 'counter'
                WHEN x.key IS NOT NULL THEN 'other' END""",
    none=_("Sin canal"),
    labels={
        "counter": _("Mostrador"),
        "receipt": _("Comprobante"),
        "gateway": _("En línea"),
        "bank": _("Estado de cuenta"),
        "bot": _("Asistente"),
        "customer": _("Portal"),
        "api": _("API"),
        "other": _("Otro"),
    },
)
# The account the payment named, or the one of its method.
ACCOUNT = Dimension(
    "account",
    _("Cuenta"),
    key="la.id::text",
    label="coalesce(nullif(la.name, ''), la.kind)",
    joins="""LEFT JOIN billing_ledgeraccount own ON own.name = '' AND own.currency = %(currency)s
                AND own.kind = CASE x.method WHEN 'transfer' THEN 'bank' ELSE x.method END
         LEFT JOIN billing_ledgeraccount la ON la.id = coalesce(x.account_id, own.id)""",
    none=_("Sin cuenta"),
    labels={
        **{str(code): label for code, label in LedgerAccount.Kind.choices},
        "cash": _("Caja general"),
        "bank": _("Banco, sin decir cuál"),
    },
)

BILLED_BY = {d.code: d for d in (ZONE, SERVICE_PLAN)}
COLLECTED_BY = {d.code: d for d in (ZONE, CUSTOMER_PLAN, METHOD, ACCOUNT, COLLECTOR, CHANNEL)}
OWED_BY = {d.code: d for d in (ZONE, CUSTOMER_PLAN)}
RECURRING_BY = {d.code: d for d in (ZONE, SERVICE_PLAN)}
CUTS_BY = {d.code: d for d in (ZONE, SERVICE_PLAN)}


def grouped(sql: str, by: Dimension) -> str:
    """A figure's statement with the dimension put in; its parts are this module's own, never what somebody typed."""
    return sql.replace("{key}", by.key).replace("{label}", by.label).replace("{joins}", by.joins)
