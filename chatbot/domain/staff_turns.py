"""A turn of the staff: a code that makes an address theirs, or a question from one that is."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from chatbot.domain.fitting import fit_text
from chatbot.domain.situations import Answer, Situation
from chatbot.domain.staff_addresses import staff_at, take_code
from chatbot.domain.staff_questions import Told, answer_staff, what_staff_may_ask
from chatbot.staff_words import in_staff_language
from inbox.domain.reserved import Reserved

INTENT = "staff"


def answer_as_staff(s: Situation) -> Answer | None:
    """Answer a person of the staff; None for everybody else, and for what a customer of ours would say.

    They are answered in the provider's language, as on their pages.
    """
    with in_staff_language():
        return _answer(s)


def _answer(s: Situation) -> Answer | None:
    if s.files:
        return None
    if (user := take_code(conversation=s.conversation, text=s.text, now=s.now)) is not None:
        done = _("Listo, %(name)s: desde aquí puede preguntarme.") % {"name": user.name}
        return Answer("\n".join([done, what_staff_may_ask(user)]), intent=INTENT)
    user = staff_at(s.conversation)
    if user is None:
        return None
    told = answer_staff(user=user, text=s.text, now=s.now)
    if told is not None:
        return _say(s, told, user)
    # Who also has a service here goes on as any customer.
    return None if s.customer or s.must_prove else Answer(what_staff_may_ask(user), intent=INTENT)


def _say(s: Situation, told: Told, user: User) -> Answer:
    """Say it to them; others of the inbox read it only where their own role would be told as much."""
    if not told.codes:
        return Answer(told.text, intent=INTENT, waiting_for=s.waiting_for)
    words = Reserved(fit_text(told.text, bot=s.bot), told.codes, user.pk)
    shown = _("Respuesta para el personal: %(about)s.") % {"about": told.about}
    return Answer(shown, intent=INTENT, waiting_for=s.waiting_for, reserved=words, whole=True)
