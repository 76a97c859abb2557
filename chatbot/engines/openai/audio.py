"""Let a service write down what is said in a voice note, and nothing else: it is given the sound, no name or number."""

from __future__ import annotations

from typing import Any

import openai

from chatbot.engines.base import Usage
from chatbot.engines.openai.config import ModelConfig, check_address
from chatbot.engines.openai.engine import client_of
from chatbot.engines.openai.failures import explain, nonsense
from chatbot.engines.openai.prices import cost_of, cost_of_sound

LONGEST = 2000  # letters that are kept


class Transcriber:
    """One model that listens. Threads may share it."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config

    def write_down(self, sound: bytes, *, filename: str, seconds: float) -> tuple[str, Usage]:
        """Return the words of a sound, "" where there are none, and what it used.

        `seconds` is how long it is, for services that tell nothing of what they charge. Raises EngineError.
        """
        check_address(self.config.base_url, allow_local=self.config.allow_local)
        try:
            heard = client_of(self.config).audio.transcriptions.create(
                model=self.config.model, file=(filename, sound), response_format="json"
            )
        except openai.OpenAIError as error:
            raise explain(error, self.config) from error
        except ValueError as error:  # a body that is no JSON
            raise nonsense() from error
        text = getattr(heard, "text", None)
        if not isinstance(text, str):
            raise nonsense()
        return " ".join(text.split())[:LONGEST], self._usage(getattr(heard, "usage", None), seconds)

    def _usage(self, told: Any, seconds: float) -> Usage:
        """Return what was used: the tokens that the service tells, else the length of the sound."""
        counts = [getattr(told, name, None) for name in ("input_tokens", "output_tokens")]
        if all(isinstance(count, int) and count >= 0 for count in counts) and any(counts):
            cost = cost_of(self.config.model, input_tokens=counts[0] or 0, output_tokens=counts[1] or 0)
            return Usage(counts[0] or 0, counts[1] or 0, cost, seconds)
        length = getattr(told, "seconds", None)
        seconds = float(length) if isinstance(length, int | float) and length > 0 else seconds
        return Usage(cost=cost_of_sound(self.config.model, seconds=seconds), seconds=seconds)
