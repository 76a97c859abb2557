"""A stand-in for Mercado Pago's API: preferences, payments, refunds, chargebacks and signed webhooks."""

from simulators.mercadopago.server import MercadoPagoSimulator

__all__ = ["MercadoPagoSimulator"]
