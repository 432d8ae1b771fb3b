"""Texts of sellers that give orders instead of describing: to choose, to pay, to ignore, to tell.

A listing with such a text is refused whole: whoever tries this once is nobody's supplier. The rules
are narrow, for honest sellers praise themselves, speak to readers and sell security too.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pydantic import JsonValue

from domain.catalogue import ServiceListing

MAX_CHARACTERS: Final = 20_000
"""Read of one listing's texts; the importer cuts descriptions at a twentieth."""

MAX_QUOTED_CHARACTERS: Final = 90
"""Of the order that is shown to a person."""

_DEPTH: Final = 12
"""Levels of a schema that are read; strangers write these, and some nest without end."""

_HIDDEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_SPACED: Final = re.compile(r"\b(?:[a-z][ ._-]){4,}[a-z]\b")
_LOOKALIKES: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0501\u03bf\u03b1\u03b9\u03c1\u03bd"
    "0134@$",
    "aeopcyxisdoaipvoieaas",
)
"""Letters of other scripts, and digits, that read like Latin ones."""

_READER: Final = (
    r"(?:ai|a\.i\.|llms?|language models?|ai models?|planners?|planning (?:agents?|models?)|"
    r"(?:ai |autonomous )?agents?|assistants?|chat ?bots?|gpt|chatgpt|claude|gemini|copilot)"
)
_WARES: Final = (
    r"(?:this|our|my|the following) (?:\w+ ){0,2}?"
    r"(?:services?|listings?|tools?|apis?|endpoints?|sellers?|options?|offers?|resources?|results?)"
)
_SELF: Final = r"(?:(?:us|me)\b|this(?= one\b| first\b| instead\b| now\b|[.,!;]|$))"
_EARLIER: Final = (
    r"(?:previous|prior|preceding|earlier|above|former|existing|original|system|safety|security|"
    r"other|user'?s?|your)"
)
_RULES: Final = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directives?|messages?|constraints?|orders?|"
    r"polic(?:y|ies)|context|safeguards?)"
)
_MONEY: Final = (
    r"(?:budgets?|spend(?:ing)? (?:caps?|limits?)|price (?:caps?|limits?)|payment caps?)"
)
_PICK: Final = r"(?:choose|select|pick|prefer|favou?r|recommend|rank|prioriti[sz]e)"

_ORDERS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # Throwing away what the reader was told.
        (
            rf"\b(?:ignore|disregard|forget|override|bypass|discard)\b (?:\w+ ){{0,3}}?{_EARLIER} "
            rf"(?:\w+ ){{0,2}}?{_RULES}\b"
        ),
        (
            r"\b(?:ignore|disregard|forget) (?:everything|anything|all) "
            r"(?:above|before|you|that (?:was|came)|prior|previous)"
        ),
        (
            r"\b(?:ignore|disregard|skip|avoid|exclude|reject) (?:all |any |every )?"
            r"(?:the )?(?:other|competing|alternative|rival) "
            r"(?:services?|listings?|tools?|apis?|sellers?|providers?|options?|candidates?"
            r"|results?)"
        ),
        (
            r"\b(?:new|updated|real|actual|hidden|secret) (?:system )?instructions? ?(?::|follow"
            r"|for you)"
        ),
        r"\byou are (?:now|no longer) (?:a|an|the|in|bound|restricted|required|free)\b",
        r"\b(?:developer|god|jailbreak|dan) mode (?:enabled|activated|on)\b",
        (
            r"(?:^|[\s>\"'(\[])(?:#+ ?)?(?:system|assistant|developer)(?: (?:prompt|message"
            r"|note|override"
            r"|instruction|notice))? ?:"
        ),
        (
            r"<\|?/?(?:im[_ ]start|im[_ ]end|system|assistant|endoftext|inst|sys)\|?>"
            r"|\[/?inst\]|<</?sys>>"
            r"|#{2,} ?(?:instructions?|system|response)\b|\b(?:begin|end) (?:system )?prompt\b"
        ),
        # Speaking to the machine that reads.
        (
            rf"\b(?:note|notice|attention|message|instructions?|hint|important|warning|reminder)"
            rf"(?: (?:to|for))?[ :,-]+(?:the |all |any |every )?{_READER}\b(?= ?[:;,.!-]|"
            rf" (?:reading|that))"
        ),
        rf"\b(?:dear|hey|hello|hi|attention) (?:the )?{_READER}\b",
        rf"\bif you(?: are|'re) (?:an? |the |any )?{_READER}\b",
        rf"\b(?:as|being) an? {_READER},? you (?:must|should|will|have to|are|need)",
        (
            rf"\b{_READER} (?:reading this |that read this )?(?:must|shall|should|will|has to"
            rf"|have to|"
            rf"(?:is|are) (?:required|instructed|ordered|obliged|asked) to|needs? to) (?:always"
            rf" |only |"
            rf"first |never )*(?:{_PICK}|pay|ignore|raise|approve|increase|buy|purchase|trust|obey|"
            rf"disregard|transfer|use only|call (?:this|us|it|our))\b"
        ),
        # Choosing.
        (
            rf"\b(?:always|only|must|should|please|immediately) (?:\w+ )?(?:{_PICK}|buy|purchase) "
            rf"(?:{_WARES}|{_SELF})(?!'s| (?:to|for|when|if|as input)\b)"
        ),
        (
            rf"\b(?:always|must|immediately|you should) (?:\w+ )?(?:use|call|invoke) "
            rf"(?:{_WARES}|{_SELF})(?!'s| (?:to|for|when|if|with|as input)\b)"
        ),
        (
            rf"\b{_PICK} {_WARES} (?:first|over|above|instead|before|always|only|every|regardless"
            rf"|as the)"
        ),
        (
            rf"\b{_PICK} (?:us|me|it) (?:first|over (?:all|any|every|other)|above (?:all|any"
            rf"|every|other)|"
            rf"always|every time|regardless)\b"
        ),
        (
            r"\b(?:do not|don't|never|must not) (?:\w+ )?(?:use|choose|select|pick|call"
            r"|consider|buy from|"
            r"trust|plan with) (?:any |the |an? )*(?:other|another|different|competing|cheaper|"
            r"alternative) (?:\w+ ){0,2}?(?:services?|listings?|tools?|apis?|sellers?|providers?|"
            r"options?|endpoints?|vendors?|suppliers?)"
        ),
        (
            rf"\b{_WARES} (?:must|has to|shall|should|needs to) (?:always |only )?(?:be|come|rank) "
            rf"(?:the )?(?:used|chosen|selected|called|picked|preferred|ranked|first|top|included|"
            rf"prioriti[sz]ed|purchased|bought)"
        ),
        (
            rf"\b(?:give|assign|score|rate|rank|put|place|list) {_WARES} (?:\w+"
            rf" ){{0,4}}?(?:highest|"
            rf"maximum|perfect|top|first|best|score|10/10|100)"
        ),
        (
            r"\b(?:add|include|insert|put|append) (?:\w+ ){1,6}?(?:to|in|into) (?:every|each"
            r"|any|all|your|"
            r"the) plans?\b"
        ),
        (
            r"\b(?:regardless of|no matter) (?:what )?(?:the |this |any |your )?(?:user'?s?"
            r"|request|"
            r"query|prompt|budget|task|instructions?)\b(?! (?:size|length|language|volume|format))"
        ),
        # Money.
        (
            rf"\b(?:raise|increase|expand|double|triple|lift|remove|ignore|exceed|override|max"
            rf" out|use up|"
            rf"spend|drain|disregard) (?:the |your |their |its |all |user'?s? |any |run'?s? "
            rf"|whole |"
            rf"entire |full |of |out |request'?s? |customer'?s? )*{_MONEY}\b"
        ),
        rf"\bset (?:the |your |user'?s? )*{_MONEY} to\b",
        (
            r"\b(?:send|transfer|wire|pay|forward|deposit) (?:\w+ ){0,3}?(?:[\d.]+|all"
            r"|everything|the "
            r"rest|funds|remaining|money|payment|tokens|balance|usdc|sol|eth)(?: \w+){0,5}? "
            r"(?:to|into) (?:(?:this|the following|our|my) (?:\w+ )?(?:wallet|address|account)|"
            r"0x[0-9a-f]{8}|[1-9a-z]{32,44}\b)"
        ),
        (
            r"\bpay (?:\w+ ){0,2}?(?:twice|double|in advance to|the maximum|any price|whatever"
            r" (?:it|we))"
        ),
        (
            r"\b(?:change|replace|set|update) (?:the )?(?:pay ?to|payee|recipient|payment address|"
            r"destination address)\b[^.]{0,20}\b(?:to|with|by)\b"
        ),
        (
            r"\b(?:auto-?approve|pre-?approve|approve (?:this|all|any|every|the) (?:payments?"
            r"|purchases?|"
            r"plans?|transactions?|requests?|quotes?))\b(?=[^.]{0,40}(?:without|automatically"
            r"|immediately"
            r"|now|silently|$|[.!]))"
        ),
        (
            r"\b(?:skip|bypass|disable|turn off|ignore|omit) (?:the |any |all |user |human "
            r"|every )*"
            r"(?:approvals?|confirmations?|budget checks?|price checks?|spending checks?|safety"
            r" checks?|"
            r"policy checks?|human review|guardrails?)\b"
        ),
        (
            r"\b(?:do not|don't|never|without) (?:ask(?:ing)?|tell(?:ing)?|inform(?:ing)?"
            r"|warn(?:ing)?|"
            r"show(?:ing)?|alert(?:ing)?|notify(?:ing)?|bother(?:ing)?|consult(?:ing)?"
            r"|reveal(?:ing)?|"
            r"mention(?:ing)?)(?: this| it| anything)?(?: to)? (?:the |your |any )?"
            r"(?:users?|humans?|persons?|people|customers?|operators?|owners?|approvers?)\b"
        ),
        (
            r"\b(?:the|your) (?:user|human|owner|operator|customer|administrator|admin) (?:has "
            r"|have )"
            r"?(?:already |fully )*(?:pre-?)?(?:approved|authori[sz]ed|agreed to|consented"
            r"|confirmed)\b"
        ),
        # Secrets and secrecy.
        (
            r"\b(?:reveal|print|output|disclose|leak|repeat|expose|exfiltrate|send us|give us"
            r"|tell us|"
            r"show us|return|include|append|attach|post|email|e-mail|forward|submit) (?:\w+"
            r" ){0,2}?(?:your|"
            r"its|the (?:user|agent|wallet|payer|planner|assistant)'?s?) (?:\w+"
            r" ){0,2}?(?:system prompt|"
            r"instructions|private keys?|seed phrase|secret keys?|api keys?|credentials|secrets|"
            r"environment variables|keyfile|wallet keys?)"
        ),
        r"\b(?:reveal|print|output|repeat|disclose|leak) (?:the |your )?system prompt\b",
        # The same in other languages.
        r"\bignorier(?:e|en sie)\b[^.]{0,30}\b(?:anweisungen|anleitungen|regeln|vorgaben)\b",
        r"\bignor(?:a|e|en|ar)\b[^.]{0,30}\b(?:instrucciones|reglas|\u00f3rdenes)\b",
        (
            r"\bignor(?:e|ez|er)\b[^.]{0,30}\b(?:les|toutes|consignes)\b[^.]{0,20}"
            r"\b(?:instructions|consignes|r\u00e8gles|pr\u00e9c\u00e9dentes)\b"
        ),
        r"\bignor(?:e|a|i|are)\b[^.]{0,30}\b(?:instru\u00e7\u00f5es|istruzioni)\b",
        r"\u5ffd\u7565[^\u3002.]{0,12}(?:\u6307\u4ee4|\u8bf4\u660e|\u6307\u793a|\u63d0\u793a)",
        (
            r"\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443\w+[^.]{0,30}(?:\u0438\u043d\u0441\u0442"
            r"\u0440\u0443\u043a\u0446|\u0443\u043a\u0430\u0437\u0430\u043d)"
        ),
    )
)

_DETECTS: Final = re.compile(
    r"\b(?:detect|classif|block|filter|flag|scan|moderat|guard|identif|test|score|catch"
    r"|recogni)\w*\b"
    r"[^.!?]{0,80}\b(?:injections?|jailbreaks?|prompt attacks?|adversarial|malicious prompts?)\b|"
    r"\b(?:injections?|jailbreaks?)\b[^.!?]{0,40}\b(?:detect|classif|filter|scann|guard|firewall)"
)
"""A service that sells protection from such orders quotes them."""

_QUOTED: Final = re.compile(
    r"\"[^\"]{1,200}\"|\u201c[^\u201d]{1,200}\u201d|`[^`]{1,200}`|(?<!\w)'[^']{1,200}'(?!\w)"
)


def instruction_in(listing: ServiceListing) -> str | None:
    """Say which text of a listing gives orders, with the order; ``None`` when none does."""
    protects = _DETECTS.search(_readable(listing.description)) is not None
    read = 0
    for where, text in _texts(listing):
        if text.isascii() and text.isalnum():
            continue  # one word orders nothing, and schemas are full of them
        if protects and where == "example":
            continue
        order = order_in(text[: MAX_CHARACTERS - read])
        if order is not None:
            return f"its {where} gives orders to whoever reads it: {order!r}"
        read += len(text)
        if read >= MAX_CHARACTERS:
            break
    return None


@lru_cache(maxsize=16_384)
def order_in(text: str) -> str | None:
    """Find an order in one text; ``None`` when it only describes. Listings repeat their words."""
    plain = _readable(text)
    if _DETECTS.search(plain):
        plain = _QUOTED.sub(" ", plain)
    for reading in dict.fromkeys((plain, _undisguised(plain))):
        for order in _ORDERS:
            found = order.search(reading)
            if found is not None:
                return reading[found.start() :][:MAX_QUOTED_CHARACTERS].strip()
    return None


def _readable(text: str) -> str:
    shown = _HIDDEN.sub("", unicodedata.normalize("NFKC", text)).lower()
    return " ".join(shown.replace("\u2019", "'").replace("_", " ").split())


def _undisguised(text: str) -> str:
    """Read letters of other scripts as those that they look like, and close up spread words."""
    closed = _SPACED.sub(lambda found: re.sub(r"[ ._-]", "", found[0]), text)
    return closed.translate(_LOOKALIKES)


def _texts(listing: ServiceListing) -> Iterator[tuple[str, str]]:
    yield "name", listing.name
    yield "description", listing.description
    yield "tags", ", ".join(listing.tags)
    yield "name and description", f"{listing.name} {listing.description}"
    for where, schema in (
        ("input schema", listing.input_schema),
        ("output schema", listing.output_schema),
    ):
        for kind, text in _strings(schema, _DEPTH):
            yield kind or where, text
    for _, text in _strings(listing.input_example, _DEPTH):
        yield "example", text


def _strings(value: JsonValue, depth: int, kind: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield kind, value
    elif depth and isinstance(value, list):
        for one in value:
            yield from _strings(one, depth - 1, kind)
    elif depth and isinstance(value, dict):
        for name, one in value.items():
            yield kind, name
            inner = "example" if name in {"example", "examples", "default"} else kind
            yield from _strings(one, depth - 1, inner)
