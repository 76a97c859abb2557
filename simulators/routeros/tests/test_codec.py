from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from routeros_api.base_api import encode_length as official_encode_length

from simulators.routeros.codec import (
    ProtocolError,
    SentenceReader,
    decode_length,
    encode_length,
    encode_sentence,
    length_size,
)

EDGES = [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 0x1FFFFF, 0x200000, 0xFFFFFFF, 0x10000000, 0xFFFFFFFF]


@pytest.mark.parametrize("length", EDGES)
def test_every_length_class_goes_there_and_back(length: int) -> None:
    raw = encode_length(length)
    assert length_size(raw[0]) == len(raw)
    assert decode_length(raw) == length


@pytest.mark.parametrize("length", [edge for edge in EDGES if edge < 0x100000000])
def test_lengths_are_those_of_the_official_client(length: int) -> None:
    assert encode_length(length) == official_encode_length(length)


def test_what_is_not_the_api_is_refused() -> None:
    with pytest.raises(ProtocolError):
        encode_length(0x100000000)
    with pytest.raises(ProtocolError):
        list(SentenceReader().feed(b"\xff"))
    with pytest.raises(ProtocolError):
        list(SentenceReader(max_word=1000).feed(encode_length(1001)))


WORDS = st.lists(st.text(min_size=1, max_size=150), min_size=1, max_size=4)


# The first texts drawn load Unicode tables, which a busy machine does slowly.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(st.lists(WORDS, min_size=1, max_size=4), st.integers(1, 50))
def test_sentences_survive_any_cutting(sentences: list[list[str]], step: int) -> None:
    sent = [[word.encode("utf-8", "ignore").decode() or "x" for word in words] for words in sentences]
    data = b"".join(encode_sentence(words) for words in sent)
    reader = SentenceReader()
    got: list[list[str]] = []
    for start in range(0, len(data), step):
        got.extend(reader.feed(data[start : start + step]))
    assert got == sent
    assert not reader.in_sentence


def test_empty_sentences_are_ignored_and_raw_bytes_survive() -> None:
    latin = b"=comment=Mu\xf1oz".decode("utf-8", "surrogateescape")
    data = b"\x00\x00" + encode_sentence(["/x", latin])
    assert list(SentenceReader().feed(data)) == [["/x", latin]]
    assert b"Mu\xf1oz" in data
