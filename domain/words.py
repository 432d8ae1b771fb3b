"""Words of requests and of listings: which carry meaning, and which mean the same."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ][A-Za-zÀ-ÖØ-öø-ÿ0-9]*(?:[-'’][A-Za-zÀ-ÿ0-9]+)*")  # noqa: RUF001 - people type this apostrophe


def listed(text: str) -> frozenset[str]:
    """The words of ``text``, to be looked up."""
    return frozenset(text.split())


SILENT: Final = listed(
    "a about above according across after again all along also am an and any anything are "
    "around as at available based be been before being below best between both but by can can't "
    "come could data day days did different do does doing don't during each either else ending "
    "every everything exactly few first following for from full further get gets getting go "
    "going got had happened has have having help here how i i'd i'll i'm if in info information "
    "into is it it's its just kind last later latest least let let's like list long look looks "
    "lot many match me mean means month months more most much must my myself near need needed "
    "needs new next nice no not now number numbers of off on once one ones only or other our "
    "out over own part past per period please possible quick quickly quite really recent "
    "recently related right same see set should show shown simple single so some something soon "
    "still stuff such take tell than thank thanks that that's the their them then there these "
    "they thing things this those through time timeframe to today together tomorrow too top "
    "under understand until up us use used using value values very via want wanted was way we "
    "week weeks well were what what's whats when which while who whole will with within without "
    "work working would year years yesterday yet you your hi hello hey ugh pls plz thx ty asap "
    "called named titled saying cheers kindly dear grateful sure whether cause since "
    "he he's she she's him her hers his ours yours theirs someone somebody anyone anybody "
    "everyone everybody nobody nothing none whose whom why may might shall won't isn't aren't "
    "than though although however because ever never always often maybe perhaps roughly "
    "approximately actually already away two three four five six seven eight nine ten eleven "
    "twelve minute minutes hour hours seconds"
)
"""Words that ask for nothing by themselves."""

SOFT: Final = listed(
    "advise clarify indicate live outline specify state "
    "assess beautiful brief build calculate change changed changes check clean clear collect "
    "compare comprehensive compute create current currently daily deliver describe detailed "
    "determine develop developed display easy evaluate evolve evolved examine explain explore "
    "fetch figure file find format full generate give good great handsome historical history "
    "hourly insight insights inspect interesting investigate know latest load make making "
    "measure monitor monthly nicely obtain output overview page perform performance prepare "
    "present pretty print produce professional provide pull read readable report's respective "
    "result results retrieve return review run sentence sentences service services share short "
    "showing status study style task text thorough total track trends turn update updated "
    "version weekly worth write written yearly"
)
"""Words that describe rather than ask: nice to have covered, never a reason to refuse."""

ACTIONS: Final = listed(
    "add analyse analyze annotate answer apply are ask assess bet book borrow build buy "
    "calculate call can cancel chart check classify clean collect compare compile compute "
    "convert cook correlate could count create delete deliver deploy deposit describe design "
    "detect determine did display does draft draw drive email estimate evaluate examine explain "
    "explore export extract extrapolate fetch find forecast format generate get give graph hack "
    "hire how identify illustrate inspect install invest investigate is lend list look make "
    "measure mine mint monitor order paint pay play plot post predict prepare present print "
    "process produce project provide publish put rank rate read remind remove render rent "
    "repair report reserve resize retrieve return review run save schedule score search sell "
    "send ship show simulate sing sketch sort split stake study sum summarise summarize swap "
    "tell test track trade transcribe transfer translate turn upload validate verify visualise "
    "visualize watch what what's whats when where which who why will withdraw write"
)
"""Words that open a new goal after ``and``; verbs that people order with, and question words."""

_SAME: Final[tuple[frozenset[str], ...]] = tuple(
    listed(group)
    for group in (
        "chart charts plot graph visualize visualise visualization draw illustrate sketch diagram",
        "forecast predict prediction extrapolate project projection outlook",
        "anomaly anomalies outlier outliers spike spikes unusual abnormal irregularity",
        "weather rain rainy sunny snow wind temperature temperatures hot cold climate umbrella",
        "coordinates where located location geocode latitude longitude",
        "sentiment positive negative mood tone emotion opinion",
        "summarize summarise summary tldr condense shorten gist digest",
        "loan mortgage credit amortisation amortization",
        "vat tax taxes",
        "distance far apart",
        "trend trends trending analyze analyse analysis analytics analytical",
        "report reports write-up writeup",
        "checksum hash digest fingerprint",
        "keywords keyword terms",
        "holidays holiday vacation",
        "colors colours color colour palette",
        "email e-mail mail e-mails emails",
        "validate valid validation verify validity",
        "difference diff differences compare",
        "correlation correlate correlated relationship",
        "resize thumbnail scale shrink",
        "dex decentralized decentralised exchange",
        "crypto cryptocurrency token tokens coin coins",
        "exchange-rate forex fx exchange currency currencies",
        "fee fees gas",
        "statistics stats statistical average mean median",
        "readability readable readability difficult",
        "language languages",
        "news headlines headline",
        "price prices cost worth quote",
        "units unit measurement",
        "grayscale greyscale gray grey",
        "pdf document",
        "image images picture pictures photo photos photograph photographs",
        "speech voice aloud loud narrate narration spoken",
        "route routes drive driving directions road",
        "film films movie movies cinema",
        "stock stocks share shares equity equities",
        "job jobs vacancy vacancies",
        "medicine medicines drug drugs medication medications pill pills",
        "flat flats apartment apartments",
        "calories calorie nutrition nutrients nutritional kcal",
        "website websites webpage webpages site sites",
    )
)
"""Everyday words that ask for the same. General English, not any catalogue's wording."""

_ENDINGS: Final = listed(
    "s es ed ing er ers or ors e y ies ied ion ions al ation ations ize izes ized izer ise ises "
    "ised ic ics ly ment ments ze zes zed zing sis ses tic tics tical t ts ted ting ter ters sion "
    "sions"
) | {""}
"""What may follow a shared beginning without making another word of it."""

_SHORT_ENDINGS: Final = frozenset(("", "s", "es", "ed", "ing", "er", "e"))

_LONG_PREFIX: Final = 5
"""Letters two words must share before any of the endings counts."""

_SHORT_PREFIX: Final = 3
"""Letters they must share for the plainest endings."""


def words_in(text: str) -> Iterable[re.Match[str]]:
    """Find the words of ``text`` with their places."""
    return _WORD.finditer(text)


def plain(word: str) -> str:
    """Lower ``word`` and take off a possessive."""
    lowered = word.lower().replace("’", "'")  # noqa: RUF001 - people type this apostrophe
    return lowered.removesuffix("'s")


@lru_cache(maxsize=8_192)
def vocabulary(text: str) -> frozenset[str]:
    """The meaningful words of ``text``, whole and, where joined by a hyphen, in parts."""
    found: set[str] = set()
    for match in words_in(text):
        word = plain(match[0])
        found.update(part for part in (word, *word.split("-")) if part and part not in SILENT)
    return frozenset(found)


def alike(one: str, other: str) -> bool:
    """Whether two plain words are forms of one word."""
    if one == other:
        return True
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    ends = {one[shared:], other[shared:]}
    if shared >= _LONG_PREFIX:
        return ends <= _ENDINGS
    return shared >= _SHORT_PREFIX and ends <= _SHORT_ENDINGS


def same_meaning(word: str) -> frozenset[str]:
    """Everyday words that ask for the same as ``word``; itself included."""
    found = {word}
    for group in _SAME:
        if any(alike(word, member) for member in group):
            found |= group
    return frozenset(found)


def is_everyday(word: str) -> bool:
    """Whether ``word`` is common English and so, by itself, nobody's name."""
    return (
        word in SILENT
        or word in SOFT
        or word in ACTIONS
        or any(alike(word, member) for group in _SAME for member in group)
    )


def mentions(word: str, lexicon: frozenset[str]) -> bool:
    """Whether ``word``, or another form of it, is among ``lexicon``."""
    return any(alike(word, known) for known in lexicon)
