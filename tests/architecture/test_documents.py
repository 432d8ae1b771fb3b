"""What the documents point at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
)
CODE_PATH = re.compile(
    r"`((?:domain|activities|workflows|starter|deploy|tests|docs)/[\w./-]*|worker\.py)`"
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def dangling(document: Path) -> list[str]:
    text = document.read_text(encoding="utf-8")
    named = [path for path in CODE_PATH.findall(text) if not (ROOT / path).exists()]
    linked = [path for path in LINK.findall(text) if not (document.parent / path).exists()]
    return named + linked


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_a_document_names_exists(name: str) -> None:
    assert dangling(ROOT / name) == []


def test_a_path_that_does_not_exist_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("See `domain/no_such_rule.py` and [this](nowhere.md), [not](https://a.b).")

    assert dangling(page) == ["domain/no_such_rule.py", "nowhere.md"]
