"""What a customer may want. The names are the labels of the evaluation sets; do not rename them."""

from __future__ import annotations

BALANCE = "balance"
HOW_TO_PAY = "how_to_pay"
PAYMENT_MADE = "payment_made"
MY_PLAN = "my_plan"
REPORT_FAULT = "report_fault"
PROMISE = "promise"
CHANGE_PLAN = "change_plan"
PLANS_PRICES = "plans_prices"
MOVE = "move"
CANCEL = "cancel"
WIFI_PASSWORD = "wifi_password"  # noqa: S105 -- the name of an intent
HUMAN = "human"
GREETING = "greeting"
THANKS = "thanks"
ACKNOWLEDGED = "acknowledged"

# What each means, in words for a reader that is no program of ours: a model, or a person labelling.
MEANINGS: dict[str, str] = {
    BALANCE: "wants to know how much they owe, until when they can pay, or which invoices are open",
    HOW_TO_PAY: "asks where or how to pay (account number, store, link)",
    PAYMENT_MADE: "says that they have already paid, or sends or announces a receipt",
    MY_PLAN: "asks which plan, speed or price they have contracted",
    REPORT_FAULT: "has no internet, or it is slow or unstable, or asks why it was cut",
    PROMISE: "has not paid and says when they will pay, or asks for more time",
    CHANGE_PLAN: "wants a faster, slower or different plan",
    PLANS_PRICES: "wants to contract, asks for offered plans, prices or coverage",
    MOVE: "moves house and wants the service at another address",
    CANCEL: "wants to end the service or pause it",
    WIFI_PASSWORD: "forgot, or wants to change, the Wi-Fi name or password",
    HUMAN: "asks for a person, is angry, or complains",
    GREETING: "only greets",
    THANKS: "only thanks or says goodbye",
    ACKNOWLEDGED: "only agrees or acknowledges (ok, all right, an emoji)",
}
