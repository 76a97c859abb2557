"""The forms there are: a visible dict."""

from __future__ import annotations

from chatbot.domain.dialogues.base import Form
from chatbot.domain.dialogues.move import MOVE

FORMS: dict[str, Form] = {form.name: form for form in (MOVE,)}
