"""A turn of the staff: a code that makes an address theirs, or a question from one that is."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chatbot.domain.situations import Answer, Situation
from chatbot.domain.staff_addresses import staff_at, take_code
from chatbot.domain.staff_questions import answer_staff, what_staff_may_ask

INTENT = "staff"


def answer_as_staff(s: Situation) -> Answer | None:
    """Answer a person of the staff; None for everybody else, and for what a customer of ours would say."""
    if s.files:
        return None
    if (user := take_code(conversation=s.conversation, text=s.text, now=s.now)) is not None:
        done = _("Listo, %(name)s: desde aquí puede preguntarme.") % {"name": user.name}
        return Answer("\n".join([done, what_staff_may_ask(user)]), intent=INTENT)
    user = staff_at(s.conversation)
    if user is None:
        return None
    answer = answer_staff(user=user, text=s.text, now=s.now)
    if answer is not None:
        return Answer(answer, intent=INTENT, waiting_for=s.waiting_for)
    # Who also has a service here goes on as any customer.
    return None if s.customer or s.must_prove else Answer(what_staff_may_ask(user), intent=INTENT)
