"""Words to read and to work on: what outputs and inputs that hold them are called."""

from typing import Final

from domain import schemas
from domain.roles import Role, name_words, role_of
from domain.schemas import types_of

TEXTS: Final = frozenset(
    (
        *(
            "text",
            "content",
            "body",
            "summary",
            "transcript",
            "translation",
            "translated",
            "answer",
        ),
        *(
            "caption",
            "description",
            "explanation",
            "brief",
            "tldr",
            "abstract",
            "article",
            "report",
        ),
        *(
            "corrected",
            "rewritten",
            "redacted",
            "completion",
            "plot",
            "markdown",
            "html",
            "snippet",
        ),
        *("title", "headline", "review", "message", "paragraph", "definition", "extract", "story"),
        *("output", "result", "poem", "letter", "script", "lyrics", "document", "reply"),
    )
)
"""Names of outputs that are words to read; the nearer the front, the more of them."""

RANK: Final = {
    name: at
    for at, name in enumerate(
        ("text", "content", "body", "article", "transcript", "abstract", "snippet", "summary")
    )
}
_MATERIAL: Final = TEXTS - {"title", "headline", "output", "result"} | {
    *("comment", "draft", "post", "essay", "prose", "copy", "wording", "passage", "speech"),
}
"""Names of inputs that take words to work on."""

MARKS: Final = frozenset({"id", "uuid", "ref", "reference", "token", "key"})
"""Names of outputs by which a thing is only known again."""


def is_words(name: str, wanted: schemas.Schema) -> bool:
    """Whether an input takes words to work on: by its role, or called as texts are."""
    if "string" not in types_of(wanted) or "enum" in wanted:
        return False
    role, words = role_of(name, wanted), name_words(name)
    return role is Role.TEXT or (role is Role.NAME and bool(words) and words[-1] in _MATERIAL)


def one_of(plural: str) -> str:
    """The singular of a plural name, as far as its ending tells."""
    return f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")
