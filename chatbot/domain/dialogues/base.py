"""What a form is: slots that are asked one after the other, a read-back where the act binds, and the act.

A form is one file of this folder with one entry in `registry.FORMS`. It is plain data and functions of a `Progress`:
the situation (whose customer is the conversation's, never one a text names) and the slots as far as they are filled.
Where it stands is a row (`RunningForm`) that is written in the transaction of the turn, so an answer counts once.

    Form("coverage", intents.COVERAGE, slots=(Slot("zone", ask=ask_zone),), act=tell_coverage)

`running.start_form(s, "coverage", slots={…})` begins one, whoever asks for it; the rest happens by itself: what the
customer writes next is read by the slot that was asked. The customer leaves with «cancelar», «mejor otra cosa» or by
clearly wanting something else; what is only told (a balance, a price) is told in between, and the form goes on. Two
answers that cannot be read end with a person, who is told what was collected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chatbot.domain.situations import Answer, Option, Situation

Value = str | int | float | bool | dict[str, Any]  # what JSON keeps
YES, NO = "yes", "no"
CONFIRM = "confirm"  # the slot of a read-back


@dataclass(frozen=True)
class Progress:
    """A situation and what was answered so far, by slot."""

    s: Situation
    slots: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = "") -> Any:
        """Return what a slot holds."""
        return self.slots.get(name, default)


@dataclass(frozen=True)
class Question:
    """What to ask, and the quick replies: buttons or a list where the channel has them, numbers elsewhere."""

    text: str
    options: tuple[Option, ...] = ()
    button: str = ""  # what opens the list


@dataclass(frozen=True)
class Reply:
    """What the customer sent to a question: words, and the point on the map where they sent one."""

    text: str
    place: Mapping[str, Any] | None = None


# Reads an answer to a question; None where it cannot. It may look, and must not write.
Read = Callable[[Progress, Question, Reply], Value | None]


@dataclass(frozen=True)
class Slot:
    """One thing to know.

    Without `read` it is one of the question's options. `free`: any words may answer, so only a wish that is clear
    beyond doubt, and none of `near` (intents such an answer may sound like), leads elsewhere. `skip` says that it
    need not be asked. `label` is what the staff reads before its value, `shown` that value in words.
    """

    name: str
    ask: Callable[[Progress], Question]
    label: str = ""
    read: Read | None = None
    free: bool = False
    near: frozenset[str] = frozenset()
    skip: Callable[[Progress], bool] | None = None
    shown: Callable[[Any], str] = str
    # What is done with an answer that was taken, beside keeping it in the form.
    keep: Callable[[Progress, Any], None] | None = None


@dataclass(frozen=True)
class Resume:
    """What an act returns to take up what was asked before the form began: its `resume`."""


@dataclass(frozen=True)
class Form:
    """A guided conversation about one intent.

    `begin` may answer at once instead of asking (it is cut, a ticket is open); `opening` is said before the first
    question, and `hear` fills slots from the words that began it. `read_back` makes the act binding:
    its words are said and only a yes acts. `act` does it through the domain, in the turn's transaction.
    `personal`: only for a known customer. `photos`: a picture sent meanwhile shows what it is about and is no proof
    of payment.
    """

    name: str
    intent: str
    slots: tuple[Slot, ...]
    act: Callable[[Progress], Answer | Resume]
    read_back: Callable[[Progress], str] | None = None
    begin: Callable[[Situation], Answer | None] | None = None
    opening: Callable[[Progress], str] | None = None
    hear: Callable[[Situation], dict[str, Value]] | None = None
    personal: bool = True
    photos: bool = False
    lasts: timedelta = timedelta(hours=1)  # without an answer
