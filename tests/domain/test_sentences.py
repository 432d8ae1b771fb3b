"""Dots that end a sentence, and dots that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.goals import read_request
from domain.sentences import shielded


@pytest.mark.parametrize(
    "text",
    [
        "Prices for zone X2, i.e. for tomorrow",
        "Draft a letter from Dr. Grech to Mx. Camilleri",
        "Who owns company no. 0448812",
        "An invoice to Zorza Sp. z o.o. for tiles",
        "Cite M. Vella and J. K. Borg",
    ],
)
def test_a_shortened_word_ends_no_sentence(text: str) -> None:
    assert read_request(text).goals == (text,)


@pytest.mark.parametrize(
    "text",
    [
        "Draw maps, charts, etc. Then mail them to a@b.example",
        "Is it safe or no. Then mail it to a@b.example",
    ],
)
def test_a_sentence_may_end_with_a_shortened_word(text: str) -> None:
    assert len(read_request(text).goals) == 2


@given(st.text(alphabet="Dr. noie.gMs 1\n", max_size=60))
def test_every_character_keeps_its_place(text: str) -> None:
    assert len(shielded(text)) == len(text)
    assert all(a in {b, "."} for a, b in zip(text, shielded(text), strict=True))
