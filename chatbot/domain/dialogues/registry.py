"""The forms there are: a visible dict."""

from __future__ import annotations

from chatbot.domain.dialogues.base import Form
from chatbot.domain.dialogues.buy_days import BUY_DAYS
from chatbot.domain.dialogues.cancel import CANCEL
from chatbot.domain.dialogues.change_plan import CHANGE_PLAN
from chatbot.domain.dialogues.coverage import COVERAGE
from chatbot.domain.dialogues.identify import IDENTIFY
from chatbot.domain.dialogues.move import MOVE
from chatbot.domain.dialogues.register import REGISTER
from chatbot.domain.dialogues.report_fault import REPORT_FAULT
from chatbot.domain.dialogues.wifi import WIFI

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        IDENTIFY,
        REPORT_FAULT,
        REGISTER,
        COVERAGE,
        CHANGE_PLAN,
        BUY_DAYS,
        MOVE,
        CANCEL,
        WIFI,
    )
}
