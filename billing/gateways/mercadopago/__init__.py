"""Mercado Pago: Checkout Pro preferences, payments, refunds and webhooks. One account belongs to one country."""
