"""Every figure, once: what it is called, what exactly it means, its unit, and the function that reads it.

The text is the tooltip on the pages, the sheet "Definiciones" of the export, and docs/figures.md, which a test holds
to this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Unit(StrEnum):
    """What a figure is counted in."""

    MONEY = "money"
    COUNT = "count"
    PERCENT = "percent"
    DAYS = "days"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. `rising` says whether more of it is good, bad, or neither (""); `source` is the function."""

    code: str
    name: str | Promise
    text: str | Promise
    unit: Unit
    source: str
    rising: str = ""


_FLOWS, _OWED = "billing.domain.figures.flows", "billing.domain.figures.receivable"
_MRR, _CUTS = "billing.domain.figures.recurring", "billing.domain.figures.cuts"

ALL = (
    Definition(
        "billed",
        _("Facturado"),
        _(
            "Total de las facturas emitidas en el mes, con impuestos y menos retenciones, menos las notas de"
            " crédito de ese"
            " mes. Las anuladas no cuentan; las importadas de otro sistema tampoco."
        ),
        Unit.MONEY,
        f"{_FLOWS}.billed",
        "good",
    ),
    Definition(
        "billed_net",
        _("Facturado sin impuestos"),
        _("Lo mismo que Facturado, antes de impuestos y retenciones."),
        Unit.MONEY,
        f"{_FLOWS}.billed",
        "good",
    ),
    Definition(
        "collected",
        _("Cobrado"),
        _(
            "Dinero recibido en el mes, según el día en que se recibió, menos los pagos anulados y las"
            " devoluciones hechos"
            " en el mes, aunque el pago sea de antes. El saldo a favor que paga una factura no es dinero nuevo."
        ),
        Unit.MONEY,
        f"{_FLOWS}.collected",
        "good",
    ),
    Definition(
        "collected_share",
        _("Cobrado de lo facturado"),
        _("Cobrado entre Facturado del mismo mes. Pasa de 100 % cuando se cobran meses anteriores."),
        Unit.PERCENT,
        "billing.domain.figures.overview.read_figures",
        "good",
    ),
    Definition(
        "receivable",
        _("Por cobrar"),
        _(
            "Lo que los clientes debían de sus facturas al terminar el día, vencido o no, como estaban los"
            " libros entonces:"
            " lo que se anota después no cambia un día que ya pasó."
        ),
        Unit.MONEY,
        f"{_OWED}.owed",
        "bad",
    ),
    Definition(
        "overdue",
        _("Vencido"),
        _("La parte de Por cobrar cuya fecha de vencimiento ya había pasado al terminar el día."),
        Unit.MONEY,
        f"{_OWED}.owed",
        "bad",
    ),
    Definition(
        "ageing",
        _("Antigüedad de la deuda"),
        _(
            "Por cobrar repartido según los días de atraso de cada factura: por vencer, 1 a 30, 31 a 60, 61 a 90"
            " y más de 90."
        ),
        Unit.MONEY,
        f"{_OWED}.owed",
        "bad",
    ),
    Definition(
        "dso",
        _("Días de cobro (DSO)"),
        _(
            "Por cobrar al terminar el día, entre lo facturado en los últimos 90 días, por 90: cuántos días de"
            " facturación"
            " faltan por cobrar."
        ),
        Unit.DAYS,
        f"{_OWED}.sales_outstanding",
        "bad",
    ),
    Definition(
        "mrr",
        _("Ingreso recurrente (MRR)"),
        _(
            "Lo que los servicios contratados dejan en un mes, sin impuestos: el precio de su plan o el propio"
            " como eran ese"
            " día, menos los descuentos vigentes, más sus cargos de cada mes. Los precios por día cuentan 30"
            " días. Los"
            " servicios cortados o en pausa cuentan; los gratuitos no."
        ),
        Unit.MONEY,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "mrr_new",
        _("Nuevo"),
        _("MRR de los clientes que tuvieron su primer servicio en el mes."),
        Unit.MONEY,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "mrr_expansion",
        _("Expansión"),
        _(
            "Lo que pagan de más al mes los clientes que siguen: plan mayor, otro servicio, un cargo más, fin de"
            " un descuento."
        ),
        Unit.MONEY,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "mrr_contraction",
        _("Contracción"),
        _("Lo que pagan de menos al mes los clientes que siguen."),
        Unit.MONEY,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "mrr_gone",
        _("Baja"),
        _("MRR que se perdió con los clientes que quedaron sin ningún servicio."),
        Unit.MONEY,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "mrr_back",
        _("Reactivación"),
        _("MRR de los clientes que volvieron: habían tenido servicio y no tenían ninguno al empezar el mes."),
        Unit.MONEY,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "services",
        _("Servicios activos"),
        _("Servicios contratados con precio al terminar el día, cortados o en pausa también."),
        Unit.COUNT,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "customers",
        _("Clientes activos"),
        _("Clientes con al menos un servicio activo al terminar el día."),
        Unit.COUNT,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "customer_churn",
        _("Bajas de clientes"),
        _("De los clientes activos al empezar el mes, el porcentaje que terminó sin ningún servicio."),
        Unit.PERCENT,
        f"{_MRR}.moved",
        "bad",
    ),
    Definition(
        "service_churn",
        _("Bajas de servicios"),
        _("De los servicios activos al empezar el mes, el porcentaje que terminó."),
        Unit.PERCENT,
        f"{_MRR}.moved",
        "bad",
    ),
    Definition(
        "revenue_churn",
        _("Ingreso perdido"),
        _("Baja y contracción, entre el MRR al empezar el mes."),
        Unit.PERCENT,
        f"{_MRR}.moved",
        "bad",
    ),
    Definition(
        "arpu",
        _("Ingreso por cliente (ARPU)"),
        _("MRR al terminar el día, entre los clientes activos."),
        Unit.MONEY,
        f"{_MRR}.moved",
        "good",
    ),
    Definition(
        "cuts_decided",
        _("Cortes decididos"),
        _("Cortes que las noches del mes decidieron, sin los que una persona quitó."),
        Unit.COUNT,
        f"{_CUTS}.decided",
    ),
    Definition(
        "cuts_made",
        _("Cortes hechos"),
        _("Cortes automáticos ordenados en el mes que después se leyeron hechos en el router."),
        Unit.COUNT,
        f"{_CUTS}.cuts",
    ),
    Definition(
        "cuts_succeeded",
        _("Cortes logrados"),
        _(
            "De los cortes automáticos que había que hacer, el porcentaje que se leyó hecho en el router. No"
            " cuentan los que"
            " se pagaron antes."
        ),
        Unit.PERCENT,
        f"{_CUTS}.cuts",
        "good",
    ),
    Definition(
        "reconnections",
        _("Reconexiones"),
        _(
            "Servicios cortados en el router por deuda cuyo corte se levantó en el mes y que se leyeron"
            " conectados después."
        ),
        Unit.COUNT,
        f"{_CUTS}.reconnections",
    ),
    Definition(
        "reconnections_succeeded",
        _("Reconexiones logradas"),
        _(
            "De los cortes levantados por un pago o una promesa, el porcentaje que se leyó conectado en el"
            " router antes de"
            " otro corte."
        ),
        Unit.PERCENT,
        f"{_CUTS}.reconnections",
        "good",
    ),
    Definition(
        "restore_median",
        _("Tiempo de reconexión, mediana"),
        _("Del momento en que se registró el pago a que el router se leyó conectado: la mitad tardó menos."),
        Unit.SECONDS,
        f"{_CUTS}.reconnections",
        "bad",
    ),
    Definition(
        "restore_p95",
        _("Tiempo de reconexión, 95 de cada 100"),
        _("Del momento en que se registró el pago a que el router se leyó conectado: 95 de cada 100 tardaron menos."),
        Unit.SECONDS,
        f"{_CUTS}.reconnections",
        "bad",
    ),
)
BY_CODE = {definition.code: definition for definition in ALL}
