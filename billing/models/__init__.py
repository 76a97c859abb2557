"""Money: what is charged, owed, paid and decided. Every amount is a Decimal in the row's own currency."""

from billing.models.bank import BankFormat, BankImport, BankLine
from billing.models.contracts import Contract, Discount, Extra, PlanChange
from billing.models.documents import DocumentSettings
from billing.models.drawers import CashDrawer, CounterSettings, DrawerMovement
from billing.models.gateways import GatewayAccount, GatewayNotice, GatewayPayment, GatewayRefund, PaymentRequest
from billing.models.invoices import Charge, CreditNote, CreditNoteLine, Invoice, InvoiceLine, InvoiceTax, Series
from billing.models.ledger import Entry, LedgerAccount, LedgerTransaction
from billing.models.nights import Decision, Night
from billing.models.payments import Allocation, Payment
from billing.models.policies import BillingPolicy, FeeKind, PolicyOverride, Proration
from billing.models.promises import Promise
from billing.models.receipts import Receipt, ReceiptPicture, ReceiptReading
from billing.models.refunds import Refund
from billing.models.runs import BillingRun, SetAside
from billing.models.stops import BillingStop

__all__ = [
    "Allocation",
    "BankFormat",
    "BankImport",
    "BankLine",
    "BillingPolicy",
    "BillingRun",
    "BillingStop",
    "CashDrawer",
    "Charge",
    "Contract",
    "CounterSettings",
    "CreditNote",
    "CreditNoteLine",
    "Decision",
    "Discount",
    "DocumentSettings",
    "DrawerMovement",
    "Entry",
    "Extra",
    "FeeKind",
    "GatewayAccount",
    "GatewayNotice",
    "GatewayPayment",
    "GatewayRefund",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "LedgerAccount",
    "LedgerTransaction",
    "Night",
    "Payment",
    "PaymentRequest",
    "PlanChange",
    "PolicyOverride",
    "Promise",
    "Proration",
    "Receipt",
    "ReceiptPicture",
    "ReceiptReading",
    "Refund",
    "Series",
    "SetAside",
]
