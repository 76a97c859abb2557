"""What a customer may want. The names are the labels of the evaluation sets; do not rename them."""

from __future__ import annotations

BALANCE = "balance"
DUE_DATE = "due_date"
INVOICE_COPY = "invoice_copy"
HOW_TO_PAY = "how_to_pay"
PAYMENT_MADE = "payment_made"
SERVICE_STATE = "service_state"
MY_PLAN = "my_plan"
REPORT_FAULT = "report_fault"
PROMISE = "promise"
BUY_DAYS = "buy_days"
CHANGE_PLAN = "change_plan"
PLANS_PRICES = "plans_prices"
COVERAGE = "coverage"
REGISTER = "register"
MOVE = "move"
CANCEL = "cancel"
WIFI_PASSWORD = "wifi_password"  # noqa: S105 -- the name of an intent
HOURS_ADDRESS = "hours_address"
HUMAN = "human"
GREETING = "greeting"
THANKS = "thanks"
ACKNOWLEDGED = "acknowledged"

# What each means, in words for a reader that is no program of ours: a model, or a person labelling.
MEANINGS: dict[str, str] = {
    BALANCE: "wants to know how much they owe, or which invoices are open",
    DUE_DATE: "asks until when they can pay, when the invoice falls due or when they would be cut",
    INVOICE_COPY: "wants the invoice, bill or receipt itself sent to them",
    HOW_TO_PAY: "asks where or how to pay (account number, store, link)",
    PAYMENT_MADE: "says that they have already paid, or sends or announces a receipt",
    SERVICE_STATE: "asks whether the service is active, why it was cut, when it is back, or about a known outage",
    MY_PLAN: "asks which plan, speed or price they have contracted",
    REPORT_FAULT: "has no internet, or it is slow or unstable",
    PROMISE: "has not paid and says when they will pay, or asks for more time",
    BUY_DAYS: "wants to buy days, or to top up a prepaid service",
    CHANGE_PLAN: "wants a faster, slower or different plan",
    PLANS_PRICES: "asks for offered plans, prices, promotions or what installation costs",
    COVERAGE: "asks whether the service reaches a place",
    REGISTER: "wants to contract the service, to be installed or to try it",
    MOVE: "moves house and wants the service at another address",
    CANCEL: "wants to end the service or pause it",
    WIFI_PASSWORD: "forgot, or wants to change, the Wi-Fi name or password",
    HOURS_ADDRESS: "asks for opening hours, where the office is, or how to reach it (telephone, e-mail)",
    HUMAN: "asks for a person, is angry, or complains",
    GREETING: "only greets, or announces a question without asking it",
    THANKS: "only thanks or says goodbye",
    ACKNOWLEDGED: "only agrees or acknowledges (ok, all right, an emoji)",
}
