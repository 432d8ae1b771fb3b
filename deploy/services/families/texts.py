"""Reading and describing text."""

import difflib
import re
from collections import Counter
from typing import Final, Literal

from pydantic import Field

from deploy.services.families.lexicon import NEGATIONS, NEGATIVE, POSITIVE, STOPWORDS
from deploy.services.listing import Listing, Unworkable
from deploy.services.vocabulary import Text, Words

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")

PATTERNS: Final = {
    "emails": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
    "urls": re.compile(r"https?://[^\s<>\"')\]]{1,2000}"),
    "dates": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
    "numbers": re.compile(r"-?\b\d[\d,]{0,30}(?:\.\d{1,30})?\b"),
    "hashtags": re.compile(r"#\w{1,100}"),
}
"""What can be extracted; each repeat is bounded so that no text takes long."""

PROSE: Final = (
    "Trading volume rose strongly in October. Most of the growth came from new markets. "
    "Analysts expect the growth to continue."
)
"""Text of the examples."""


def words_of(text: str) -> list[str]:
    """Return the words, lower case."""
    return _WORD.findall(text.lower())


def sentences_of(text: str) -> list[str]:
    """Return the sentences."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


class SummaryInput(Words):
    """A text to shorten."""

    text: Text
    sentences: int = Field(3, ge=1, le=20, description="How many sentences to keep.")


class TextOutput(Words):
    """A text."""

    text: str


def summarise(request: SummaryInput) -> TextOutput:
    """Keep the sentences whose words the text uses most, in their order."""
    found = sentences_of(request.text)
    counts = Counter(w for w in words_of(request.text) if w not in STOPWORDS["en"])

    def weight(sentence: str) -> float:
        used = [counts[word] for word in words_of(sentence) if word in counts]
        return sum(used) / (len(used) + 3)

    best = sorted(range(len(found)), key=lambda i: -weight(found[i]))[: request.sentences]
    return TextOutput(text=" ".join(found[index] for index in sorted(best)))


class TextInput(Words):
    """A text."""

    text: Text


class KeywordInput(Words):
    """A text to index."""

    text: Text
    limit: int = Field(10, ge=1, le=50, description="Most keywords to return.")


class KeywordOutput(Words):
    """Words a text is about."""

    keywords: list[str]


def keywords(request: KeywordInput) -> KeywordOutput:
    """Return the most used words that carry meaning."""
    stop = frozenset[str]().union(*STOPWORDS.values())
    counts = Counter(w for w in words_of(request.text) if w not in stop and len(w) > 2)  # noqa: PLR2004 - shorter ones rarely mean much
    return KeywordOutput(keywords=[word for word, _ in counts.most_common(request.limit)])


class SentimentOutput(Words):
    """How a text speaks of things."""

    sentiment: Literal["positive", "neutral", "negative"]
    score: float
    positive_words: list[str]
    negative_words: list[str]


def sentiment(request: TextInput) -> SentimentOutput:
    """Count words that praise and words that blame; a negation turns the next one round."""
    good: list[str] = []
    bad: list[str] = []
    before = ""
    for word in words_of(request.text):
        turned = before in NEGATIONS
        if word in POSITIVE:
            (bad if turned else good).append(word)
        elif word in NEGATIVE:
            (good if turned else bad).append(word)
        before = word
    score = (len(good) - len(bad)) / max(1, len(good) + len(bad))
    label = "neutral" if abs(score) < 0.2 else "positive" if score > 0 else "negative"  # noqa: PLR2004 - near balance
    return SentimentOutput.model_validate(
        {"sentiment": label, "score": score, "positive_words": good, "negative_words": bad}
    )


class LanguageOutput(Words):
    """Which language a text is in."""

    language: str
    confidence: float


def language(request: TextInput) -> LanguageOutput:
    """Compare the text's frequent words with each language's."""
    found = words_of(request.text)
    hits = {code: sum(word in stop for word in found) for code, stop in STOPWORDS.items()}
    best = max(hits, key=hits.__getitem__)
    if not hits[best]:
        raise Unworkable("no known language recognised; give a full sentence")
    return LanguageOutput(language=best, confidence=round(hits[best] / sum(hits.values()), 3))


class ReadabilityOutput(Words):
    """How hard a text is to read."""

    flesch_reading_ease: float
    grade_level: float
    level: str


def readability(request: TextInput) -> ReadabilityOutput:
    """Apply the Flesch formulas for English."""
    found, count = words_of(request.text), max(1, len(sentences_of(request.text)))
    if not found:
        raise Unworkable("the text has no words")
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.removesuffix("e")))) for word in found)
    per_sentence, per_word = len(found) / count, syllables / len(found)
    ease = 206.835 - 1.015 * per_sentence - 84.6 * per_word
    grade = 0.39 * per_sentence + 11.8 * per_word - 15.59
    level = "easy" if ease >= 70 else "plain" if ease >= 50 else "difficult"  # noqa: PLR2004 - Flesch's own bands
    return ReadabilityOutput(
        flesch_reading_ease=round(ease, 1), grade_level=round(grade, 1), level=level
    )


class CountOutput(Words):
    """Counts of a text."""

    characters: int
    words: int
    unique_words: int
    sentences: int
    reading_minutes: float


def count(request: TextInput) -> CountOutput:
    """Count characters, words and sentences; people read about 230 words a minute."""
    found = words_of(request.text)
    return CountOutput(
        characters=len(request.text),
        words=len(found),
        unique_words=len(set(found)),
        sentences=len(sentences_of(request.text)),
        reading_minutes=round(len(found) / 230, 2),
    )


class DiffInput(Words):
    """Two versions of a text."""

    text: str = Field(max_length=50_000, description="The older text.")
    other_text: str = Field(max_length=50_000, description="The newer text.")


class DiffOutput(Words):
    """What changed between two texts."""

    text: str
    similarity: float


def diff(request: DiffInput) -> DiffOutput:
    """Return a unified diff, line by line."""
    old, new = request.text.splitlines(), request.other_text.splitlines()
    lines = difflib.unified_diff(old, new, "old", "new", lineterm="")
    ratio = difflib.SequenceMatcher(None, old, new).ratio()
    return DiffOutput(text="\n".join(lines), similarity=round(ratio, 3))


class ExtractInput(Words):
    """A text to search."""

    text: Text
    kind: Literal["emails", "urls", "dates", "numbers", "hashtags"] = Field(
        description="What to extract."
    )


class ExtractOutput(Words):
    """What was found, in order, once each."""

    matches: list[str]


def extract(request: ExtractInput) -> ExtractOutput:
    """Return every distinct match."""
    return ExtractOutput(matches=list(dict.fromkeys(PATTERNS[request.kind].findall(request.text))))


LISTINGS: Final = (
    Listing(
        path="/text/summarize",
        name="Quill Summarizer",
        description="Summarizes a text by extracting its most important sentences.",
        tags=("text", "summary", "summarize", "nlp"),
        price="0.02",
        seller="quill",
        takes=SummaryInput,
        run=summarise,
        gives=TextOutput,
        example={"text": PROSE, "sentences": 1},
    ),
    Listing(
        path="/text/keywords",
        name="Quill Keywords",
        description="Extracts the keywords of a text in any of six languages.",
        tags=("text", "keywords", "nlp"),
        price="0.01",
        seller="quill",
        takes=KeywordInput,
        run=keywords,
        gives=KeywordOutput,
        example={"text": PROSE, "limit": 3},
    ),
    Listing(
        path="/text/sentiment",
        name="Quill Sentiment",
        description="Rates the sentiment of an English text with a lexicon, naming the words "
        "that decided.",
        tags=("text", "sentiment", "nlp"),
        price="0.015",
        seller="quill",
        takes=TextInput,
        run=sentiment,
        gives=SentimentOutput,
        example={"text": PROSE},
    ),
    Listing(
        path="/text/language",
        name="Quill Language Detector",
        description="Detects the language of a text: English, German, French, Spanish, Italian "
        "or Portuguese.",
        tags=("text", "language", "detection"),
        price="0.005",
        seller="quill",
        takes=TextInput,
        run=language,
        gives=LanguageOutput,
        example={"text": PROSE},
    ),
    Listing(
        path="/text/readability",
        name="Quill Readability",
        description="Scores how easy an English text is to read (Flesch).",
        tags=("text", "readability", "writing"),
        price="0.01",
        seller="quill",
        takes=TextInput,
        run=readability,
        gives=ReadabilityOutput,
        example={"text": PROSE},
    ),
    Listing(
        path="/text/count",
        name="Quill Word Counter",
        description="Counts characters, words and sentences and estimates reading time.",
        tags=("text", "word count"),
        price="0.001",
        seller="quill",
        takes=TextInput,
        run=count,
        gives=CountOutput,
        example={"text": PROSE},
    ),
    Listing(
        path="/text/diff",
        name="Quill Diff",
        description="Compares two texts line by line and returns a unified diff.",
        tags=("text", "diff", "compare"),
        price="0.005",
        seller="quill",
        takes=DiffInput,
        run=diff,
        gives=DiffOutput,
        example={"text": "one\ntwo", "other_text": "one\nthree"},
    ),
    Listing(
        path="/text/extract",
        name="Quill Extractor",
        description="Extracts e-mail addresses, URLs, dates, numbers or hashtags from a text.",
        tags=("text", "extract", "regex"),
        price="0.003",
        seller="quill",
        takes=ExtractInput,
        run=extract,
        gives=ExtractOutput,
        example={"text": "Write to ana@example.com by 2026-11-01.", "kind": "dates"},
    ),
)
