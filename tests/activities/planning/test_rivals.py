"""Who is like the same phrases does the same job."""

from activities.planning.relevance import Relevance
from activities.planning.rivals import Rivals
from domain.drafting import PhraseMatch
from domain.goals import read_request
from tests.activities.planning.test_drafter_embedded_rules import made, shortlist

LIKE_SPEECH = (0.9, 0.8, 0.2, 0.1, 0.2)
LIKE_TOO = (0.7, 0.7, 0.1, 0.1, 0.0)
LIKE_OTHER = (0.1, 0.2, 0.9, 0.8, 0.7)


def rivals(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    text = "read it aloud and draw it"
    first, second = made("first"), made("second")
    phrases = tuple(
        PhraseMatch(text=f"phrase {at}", goal=0, similarities={first.id: a, second.id: b})
        for at, (a, b) in enumerate(zip(one, other, strict=True))
    )
    found = shortlist(text, first, second).model_copy(update={"phrases": phrases})
    return Rivals(Relevance(read_request(text), found)).are(first.id, second.id)


def test_services_that_are_like_the_same_phrases_are_rivals() -> None:
    assert rivals(LIKE_SPEECH, LIKE_TOO)


def test_services_that_are_like_different_phrases_are_none() -> None:
    assert not rivals(LIKE_SPEECH, LIKE_OTHER)


def test_a_few_phrases_tell_nothing() -> None:
    assert not rivals(LIKE_SPEECH[:3], LIKE_TOO[:3])
