"""The forms there are: a visible dict."""

from __future__ import annotations

from chatbot.domain.dialogues.base import Form
from chatbot.domain.dialogues.cancel import CANCEL
from chatbot.domain.dialogues.move import MOVE
from chatbot.domain.dialogues.report_fault import REPORT_FAULT
from chatbot.domain.dialogues.wifi import WIFI

FORMS: dict[str, Form] = {form.name: form for form in (REPORT_FAULT, MOVE, CANCEL, WIFI)}
