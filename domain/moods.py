"""What a part of a request does: ask for something, or only tell, greet, or set a limit."""

import re
from typing import Final

from domain.words import ACTIONS, SILENT, is_everyday, listed, plain, words_in

_QUESTION_WORDS: Final = listed(
    "what what's whats which who who's whose whom why when where where's how is are was were do "
    "does did can could will would should has have had am isn't aren't doesn't don't"
)

_PAST: Final = listed(
    "ate became began bought broke brought built came caught chose cut did drew drove fell felt "
    "flew forgot fought found gave got grew had heard held hit kept knew laid left lent lost made "
    "met paid put ran read rode said sang sat saw sent shot slept sold spent spoke spotted stole "
    "stood swam taught thought told took went woke won wore wrote"
)
"""Past forms of common irregular verbs."""

_HAS_PAST_SENSE: Final = _PAST - listed("cut hit put read")
"""Those that are not their own order."""

_DETERMINERS: Final = r"(?:an?|the|my|our|your|his|her|its|their|this|that|these|those|some)"
_OBJECTS: Final = r"(?:me|us|you|him|her|it|them)"

_ASKED: Final = re.compile(
    r"\b(?:tell|show|give|send|get|make|find|let|help|write|read|mail|e-?mail|text|call)\s+"
    r"(?:me|us|him|her|them)\b|"
    r"\b(?:can|could|would|will)\s+(?:you|u|somebody|someone|anybody|anyone)\b|"
    r"\b(?:please|pls|plz|kindly)\b|"
    r"\b(?:be (?:most |very |so )?grateful|appreciate (?:it|a|an|the)|be so kind)\b",
    re.IGNORECASE,
)
_WANTED: Final = re.compile(
    r"\b(?:wants?|needs?|wanna|requires?|'d like|would like|'d love|would love|wish|must|"
    r"have to|has to|should|looking for|searching for|seeking|wonder|wondering|curious|"
    r"interested in)\b",
    re.IGNORECASE,
)
"""Words of somebody who wants something."""

_SELF: Final = re.compile(
    r"(?:i|i'm|i've|i'd|we|we're|we've|my|our|he|he's|she|she's|they|they're|their|his|her|there|"
    r"there's|here|here's|it|it's|somebody|someone|everybody|everyone|nobody)\b",
    re.IGNORECASE,
)
"""How a sentence begins whose subject asks for nothing by itself."""

_WISH: Final = re.compile(
    r"\b(?:i|we)(?:['’]d| would)? (?:(?:really|just|also|only|urgently|still) )*"  # noqa: RUF001 - people type this apostrophe
    r"(?:need|want|like|love|wish|wonder|have to know|must know|should know)\b|"
    r"\b(?:i['’]m|i am|we['’]re|we are) "  # noqa: RUF001 - people type this apostrophe
    r"(?:looking|searching|interested|wondering|curious|after)\b|"
    r"\bwould be (?:lovely|nice|great|good|helpful|useful|perfect|appreciated|super|ideal)\b|"
    r"^(?:(?:i|we)['’]ll (?:need|take|have)|"  # noqa: RUF001 - people type this apostrophe
    r"need|needs|want|wanted|like|looking for|wondering|ensure|make sure)\b",
    re.IGNORECASE,
)
"""How somebody asks for what he wants himself."""

_OTHERS: Final = re.compile(
    rf"(?:and |but |so |because |as |for )?(?:{_DETERMINERS}|i|we|he|she|they|it|there|here|"
    r"[a-z]+['’]s|"  # noqa: RUF001 - people type this apostrophe
    r"nobody|everybody|everyone|somebody|someone)(?:'\w+)?\s+"
    r"(?:[\w'’,-]+\s+){0,6}?"  # noqa: RUF001 - people type this apostrophe
    r"(?:\w+(?:ed|n't)|(?!\w*(?:ss|us|is)\b)\w{3,}s|is|am|are|was|were|has|have|had|do|does|did|"
    rf"will|can|could|would|should|must|may|might|want|need|know|{'|'.join(sorted(_HAS_PAST_SENSE))})\b"
    r"(?!\s+(?:of|for|in|from|between|near|around|over|per|since|to|on|at)\b)",
    re.IGNORECASE,
)
"""Somebody or something, and a verb; a plural before "of" is none."""

_SAID_OF: Final = re.compile(
    r"[A-Z][\w'’-]+(?:\s+[\w'’-]+){0,3}?\s+"  # noqa: RUF001 - people type this apostrophe
    r"(?:never|always|only|just|also|still|is|are|was|were|has|had|wants|needs|says|said|keeps|"
    r"reads|speaks|hates|likes|loves|thinks|asks|asked|won't|can't|doesn't|didn't|isn't)\s"
)

_FINITE: Final = re.compile(
    r"(?<!that )(?<!which )(?<!who )\b(?:is|are|was|were|isn't|aren't|wasn't|weren't|has|have|had|"
    r"hasn't|haven't|hadn't|will|won't|cannot|can't|doesn't|didn't|does|did|says|said|wrote|told|"
    r"asked|wants|keeps|kept|went|came|got|gave|became)\b",
    re.IGNORECASE,
)
_DID: Final = re.compile(
    rf"\b[a-z]{{2,}}ed\s+(?:(?:an?|the|my|our|your|his|her|their)\b|{_OBJECTS}\b|https?://)",
    re.IGNORECASE,
)
"""A past form with what it was done to; one without may be no verb: books published in May."""

_DOING: Final = re.compile(
    rf"(?:just\s+|currently\s+|still\s+)?(?P<verb>[a-z]{{3,}}ing)\s+(?:{_DETERMINERS}\b|{_OBJECTS}\b|"
    r"(?:of|to|for|in|on|at|up|from|with|about|into|out|off|through|around|tomorrow|tonight)\b)",
    re.IGNORECASE,
)
_SITUATION: Final = re.compile(
    r"(?:just\s+)?(?:about|off|ready|trying|hoping|planning|going|due)\s+to\b|"
    r"on (?:my|our|the) way\b|no time\b|in a (?:hurry|rush)\b|sorry\b|fyi\b|btw\b|"
    r"(?:before|after|while|because|now that|given that|although|even though|as)\s+"
    rf"(?:i|we|he|she|they|you|it|{_DETERMINERS})\b",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    rf"(?:{_DETERMINERS}\s+[\w'’-]+(?:\s+[\w'’-]+){{0,3}}?|[\w'’-]+)\s+$",  # noqa: RUF001 - people type this apostrophe
    re.IGNORECASE,
)
"""What something can be said of: some words after an article, or a single one. More would be an
order with its object."""

_MONEY: Final = (
    r"(?:[$€£¥]\s?\d[\d.,]*|(?:\d[\d.,]*|an?|one|two|three|five|ten|half an?|a few)\s*"
    r"(?:us\s+|euro\s?)?(?:cents?|¢|ct|usdc?|usdt|dollars?|bucks?|euros?|eur|pounds?|gbp|pence|"
    r"chf|francs?)\b)"
)
_LIMIT: Final = re.compile(
    r"(?:please\s+|pls\s+)?(?:(?:my|our|the|a|with|total)\s+)*"
    r"(?:budget|spend(?:ing)?|spend(?:ing)? limit|(?:do not|don't|never) spend|"
    r"keep (?:it|this|the (?:cost|total)))"
    r"(?:\s+(?:is|of|cap|limit))*[:=]?\s*"
    r"(?:(?:at (?:the )?most|no more than|not more than|more than|"
    r"over|above|up to|under|below|within|less than|only|just|max(?:imum)?|about|around)\s+)*"
    rf"{_MONEY}[\s\w]{{0,30}}$",
    re.IGNORECASE,
)

_NOTHING: Final = re.compile(
    r"(?:please\s+|then\s+|just\s+)*"
    r"(?:(?:else\s+)?(?:[a-z]+\s+)?nothing(?:\s+(?:at all|else|more))?|"
    r"leave (?:it|them|him|her|this|that|things|everything)"
    r"(?:\s+(?:alone|be|as \w+ \w+|in peace))?|"
    r"(?:skip|forget|ignore) (?:it|this|that)|stop(?: there| here| it)?|no action|"
    r"(?:do not|don't) (?:do anything|bother|worry))$",
    re.IGNORECASE,
)

_GREETING: Final = re.compile(
    r"(?:dear(?:est)?|hi|hello|hey|hiya|greetings|good (?:morning|afternoon|evening|day)|"
    r"to whom it may concern)\b(?:\s+(?!(?:i|we|what|how|is|are|can|could|please|pls)\b)"
    r"[\w.'’-]+){0,4}?\s*(?:[,!:]|[.](?=\s)|\n|\s[-–—]\s|$)",  # noqa: RUF001 - people type these
    re.IGNORECASE,
)
_GOODBYE: Final = re.compile(
    r"(?:^|(?<=[.!?,;\n])|(?<=[.!?,;\n]\s))[ \t]*"
    r"(?i:(?:(?:with\s+)?(?:best|kind|kindest|warm|warmest|many)\s+)?(?:regards|wishes|greetings)|"
    r"(?:yours\s+)?(?:sincerely|faithfully|truly)|yours|cheers|best|xo+|"
    r"(?:many |much )?(?:thanks|thank you|thx|ty|tia|appreciated)"
    r"(?:\s+(?:a lot|so much|very much|a million|again|in advance|for your \w+))*)"
    r"\s*(?:[,.!;\n-]+\s*(?:[A-Z][\w.․'’-]*\s*){0,4})?[.!]*\s*$"  # noqa: RUF001 - people type this apostrophe
)


def opens_question(text: str) -> bool:
    """Whether ``text`` begins like a question."""
    first = next((plain(match[0]) for match in words_in(text)), "")
    return first in _QUESTION_WORDS


def is_told(text: str) -> bool:
    """Whether a part of a request, which is no question, asks for nothing."""
    text = text.strip()
    if _LIMIT.match(text) or asks_nothing(text):
        return True
    if _ASKED.search(text) or _WANTED.search(text):
        return False
    if _SELF.match(text) or _SITUATION.match(text):
        return True
    words = [plain(match[0]) for match in words_in(text)]
    if not words or words[0] in _QUESTION_WORDS:
        return False
    if _is_past(words) or _is_doing(text):
        return True
    if words[0] in ACTIONS:
        return False
    return _states(text)


def asks(text: str) -> bool:
    """Whether a part of a request asks outright: an order, a question, a wish of one's own."""
    text = text.strip()
    if asks_nothing(text):
        return False
    if opens_question(text) or _ASKED.search(text) or _WISH.search(text):
        return True
    if "://" in text and _WANTED.search(text):
        return True  # whoever wants something, there is what to make it of
    return _opens_with_order(text) or does_something(text[:1].lower() + text[1:])


def describes(text: str) -> bool:
    """Whether something is said of somebody or something; it may ask for it in passing."""
    text = text.strip()
    if asks(text):
        return False
    return bool(_OTHERS.match(text) or _SAID_OF.match(text))


def _opens_with_order(text: str) -> bool:
    first = next((plain(match[0]) for match in words_in(text)), "")
    return first in ACTIONS


def asks_nothing(text: str) -> bool:
    """Whether an order is to do nothing."""
    return _NOTHING.match(text.strip().rstrip(".!")) is not None


def _is_past(words: list[str]) -> bool:
    """Whether somebody who leaves himself out says what he did: bought a car."""
    first, *rest = words
    if first in {"just", "recently", "finally"} and rest:
        first, *rest = rest
    return bool(rest) and first in _HAS_PAST_SENSE


def _is_doing(text: str) -> bool:
    doing = _DOING.match(text)
    return doing is not None and not is_everyday(plain(doing["verb"]))


def _states(text: str) -> bool:
    """Whether there is a subject and something is said of it."""
    found = _FINITE.search(text) or _DID.search(text)
    return found is not None and _SUBJECT.match(text[: found.start()]) is not None


def courtesies(text: str) -> list[tuple[int, int]]:
    """Where somebody is greeted, thanked or taken leave of."""
    found: list[tuple[int, int]] = []
    greeting = _GREETING.match(text.lstrip())
    if greeting:
        start = len(text) - len(text.lstrip())
        found.append((start, start + greeting.end()))
    goodbye = _GOODBYE.search(text)
    if goodbye:
        found.append((goodbye.start(), goodbye.end()))
    return found


def is_small(text: str) -> bool:
    """Whether ``text`` has words, and none of them asks for anything."""
    words = [plain(match[0]) for match in words_in(text)]
    return bool(words) and all(word in SILENT for word in words)


_PREPOSITIONS: Final = listed(
    "above across against along among around behind below beneath beside besides beyond despite "
    "except inside into like near onto opposite outside over past per round since through "
    "throughout toward towards under underneath unlike until unto upon versus via within without "
    "even especially maybe perhaps possibly preferably whether although though because while "
    "whereas than not never always often sometimes usually half twice once both all every each"
)
_DONE_TO: Final = re.compile(
    r"\s*(?:[a-z]+ly\s+|please\s+|then\s+|also\s+|just\s+|kindly\s+)*(?P<verb>[a-z]{2,})"
    r"(?:\s+(?:up|down|out|off|over|away|back))?\s+"
    r"(?:(?P<pointing>it|them|this|that|these|those|each|both)|"
    r"(?:me|us|him|every|all|an?|the|my|our|your|his|her|their))\b"
    r"(?!\s+(?:second|minute|hour|day|night|week|month|quarter|year))"
)
"""A word that something is done with: "fax them" is an order, whatever faxing is."""


def does_something(rest: str, *, pointing: bool = False) -> bool:
    """Whether ``rest`` begins with a word that something is done with.

    Args:
        rest: What follows, say, an "and".
        pointing: Count only what is done to something pointed at: it, them, those.
    """
    done = _DONE_TO.match(rest)
    if done is None or (pointing and not done["pointing"]):
        return False
    verb = done["verb"]
    if verb in SILENT or verb in _PREPOSITIONS or verb in _HAS_PAST_SENSE:
        return False
    inflected = (verb.endswith("s") and not verb.endswith("ss")) or verb.endswith(("ly", "ing"))
    return not inflected and not (verb.endswith("ed") and len(verb) > len("speed"))
