"""Words and sentences of the RouterOS API as bytes.

Source: MikroTik, "API" (help.mikrotik.com/docs/spaces/ROS/pages/47579160/API): a sentence is words ended by
an empty word, a word is an encoded length and its bytes, lengths are big-endian in five classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# (first length that no longer fits, prefix bits, bytes the length takes)
_CLASSES = (
    (0x80, 0x00, 1),
    (0x4000, 0x8000, 2),
    (0x200000, 0xC00000, 3),
    (0x10000000, 0xE0000000, 4),
    (0x100000000, 0xF000000000, 5),
)


class ProtocolError(Exception):
    """The bytes are not the API; the connection cannot be continued."""


def encode_length(length: int) -> bytes:
    """Encode a word length. Raises ProtocolError above 2**32 - 1."""
    for limit, prefix, size in _CLASSES:
        if length < limit:
            return (length | prefix).to_bytes(size, "big")
    raise ProtocolError(f"a word of {length} bytes does not fit the protocol")


def encode_word(word: str) -> bytes:
    """Encode one word; surrogate escapes become the raw bytes they stand for (names in Latin-1)."""
    raw = word.encode("utf-8", "surrogateescape")
    return encode_length(len(raw)) + raw


def encode_sentence(words: Iterable[str]) -> bytes:
    """Encode a whole sentence with its closing empty word."""
    return b"".join(map(encode_word, words)) + b"\x00"


def length_size(first: int) -> int:
    """How many bytes the length takes, told from its first byte. Raises ProtocolError on a control byte."""
    if first < 0x80:
        return 1
    if first < 0xC0:
        return 2
    if first < 0xE0:
        return 3
    if first < 0xF0:
        return 4
    if first < 0xF8:
        return 5
    raise ProtocolError(f"reserved control byte 0x{first:02x}")


def decode_length(raw: bytes) -> int:
    """Decode a complete length (as many bytes as length_size says)."""
    _, prefix, _ = _CLASSES[len(raw) - 1]
    return int.from_bytes(raw, "big") ^ prefix


class SentenceReader:
    """Collects bytes however they arrive and gives whole sentences; empty sentences are ignored."""

    def __init__(self, max_word: int = 16 * 1024 * 1024) -> None:
        self._chunks: list[bytes] = []
        self._have = 0
        # Bytes without which nothing can be done; saves joining a long word again and again.
        self._need = 1
        self._words: list[str] = []
        self._max_word = max_word
        self._strange = False

    @property
    def in_sentence(self) -> bool:
        """Whether part of a sentence has arrived and its end has not."""
        return bool(self._have or self._words)

    @property
    def speaks_otherwise(self) -> bool:
        """Whether a sentence is no command, be it whole or begun: a TLS greeting, a browser's request."""
        return self._strange or (bool(self._words) and not self._words[0].startswith("/"))

    def feed(self, data: bytes) -> Iterator[list[str]]:
        """Take bytes, yield the sentences they complete. Raises ProtocolError on anything else."""
        self._chunks.append(data)
        self._have += len(data)
        if self._have < self._need:
            return
        buffer = b"".join(self._chunks) if len(self._chunks) > 1 else data
        position, size = 0, len(buffer)
        self._need = 1
        while position < size:
            start, length = self._length_at(buffer, position)
            end = start + length
            if end > size:
                self._need = end - position
                break
            position = end
            if length:
                self._words.append(buffer[start:end].decode("utf-8", "surrogateescape"))
            elif self._words:
                sentence, self._words = self._words, []
                self._strange = self._strange or not sentence[0].startswith("/")
                yield sentence
        rest = buffer[position:]
        self._chunks = [rest] if rest else []
        self._have = len(rest)

    def _length_at(self, buffer: bytes, position: int) -> tuple[int, int]:
        """Where the word at `position` begins and its length; as if one byte short while its length is incomplete."""
        first = buffer[position]
        if first < 0x80:
            return position + 1, first
        start = position + length_size(first)
        if start > len(buffer):
            return start, 0
        length = decode_length(buffer[position:start])
        if length > self._max_word:
            raise ProtocolError(f"a word of {length} bytes is more than this router takes")
        return start, length
