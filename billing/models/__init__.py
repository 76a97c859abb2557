"""Money: what is charged, owed, paid and decided. Every amount is a Decimal in the row's own currency."""

from billing.models.invoices import Charge, Invoice, InvoiceLine, InvoiceTax, Series
from billing.models.ledger import Entry, LedgerAccount, LedgerTransaction
from billing.models.nights import Decision, Night
from billing.models.payments import Allocation, Payment
from billing.models.policies import BillingPolicy
from billing.models.receipts import Receipt
from billing.models.runs import BillingRun, SetAside

__all__ = [
    "Allocation",
    "BillingPolicy",
    "BillingRun",
    "Charge",
    "Decision",
    "Entry",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "LedgerAccount",
    "LedgerTransaction",
    "Night",
    "Payment",
    "Receipt",
    "Series",
    "SetAside",
]
