"""Small word lists that the text services work with."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOPWORDS: Final[dict[str, frozenset[str]]] = {
    "en": _words(
        "the of and to in is that it for was on with as are be this at by not from or have an "
        "they which you we his her but had were been their has will would there what so if can "
        "all more when who its than other into could do i he she"
    ),
    "de": _words(
        "der die das und ist nicht ein eine zu den von mit sich des auf für im dem es auch an als "
        "wir ich sie er werden aus bei hat dass nach wird einer um am sind noch wie einem"
    ),
    "fr": _words(
        "le la les de des et est un une du en que qui dans pour pas sur au plus par avec ce il "
        "elle sont nous vous mais ou son sa ses ne se aux cette été être ont"
    ),
    "es": _words(
        "el la los las de y que en un una es no por con para del se al lo como más pero sus su "
        "le ya este sí porque esta entre cuando muy sin sobre también hasta hay"
    ),
    "it": _words(
        "il lo la gli le di e che in un una è non per con del della dei si al da come più ma "
        "sono anche nel alla questo ha io suo loro quando molto senza"
    ),
    "pt": _words(
        "o a os as de e que em um uma é não por com para do da dos das se ao como mais mas foi "
        "ele ela são nos também já seu sua ou quando muito há está"
    ),
}
"""Frequent words by language; enough to tell a sentence's language."""

POSITIVE: Final = _words(
    "good great excellent love loved happy best better gain gains growth strong success win "
    "positive reliable fast easy enjoy beautiful improve improved profit recommend perfect "
    "pleased wonderful amazing helpful clear rise rising record"
)
"""Words that speak well of something."""

NEGATIVE: Final = _words(
    "bad poor terrible hate hated sad worst worse loss losses weak failure fail failed lose "
    "negative unreliable slow hard broken ugly decline declined risk problem problems awful "
    "angry horrible confusing fall falling crash bug bugs late"
)
"""Words that speak badly of something."""

NEGATIONS: Final = _words("not no never hardly isn't wasn't don't doesn't can't")
"""Words that turn the next one round."""
