"""Let a service write down what is said in a voice note, and nothing else: it is given the sound, no name or number."""

from __future__ import annotations

import openai

from chatbot.engines.openai.config import ModelConfig, check_address
from chatbot.engines.openai.engine import client_of
from chatbot.engines.openai.failures import explain, nonsense

LONGEST = 2000  # letters that are kept


class Transcriber:
    """One model that listens. Threads may share it."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config

    def write_down(self, sound: bytes, *, filename: str) -> str:
        """Return the words of a sound, "" where there are none. Raises EngineError."""
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
        return " ".join(text.split())[:LONGEST]
