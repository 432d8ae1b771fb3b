"""What the doctor says of those who would draft plans."""

import pytest

from domain.settings import Settings
from starter.doctor_planner import check_planner

KEY = {"ANTHROPIC_API_KEY": "k"}
OPENAI = {"OPENAI_API_KEY": "k"}
LOCAL = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}


@pytest.mark.parametrize(
    ("environ", "settings", "detail"),
    [
        ({}, {}, "the embedded planner"),
        (KEY, {}, "anthropic, then the embedded planner"),
        (KEY | OPENAI, {}, "anthropic, then openai, then the embedded planner"),
        (KEY | OPENAI, {"planner": "openai"}, "openai, then the embedded planner"),
        (LOCAL, {"openai_model": "qwen"}, "openai, then the embedded planner"),
        (KEY, {"planner": "embedded"}, "the embedded planner"),
        (LOCAL, {"planner": "embedded"}, "the embedded planner"),
    ],
)
def test_who_would_draft_is_said_in_order(
    environ: dict[str, str], settings: dict[str, str], detail: str
) -> None:
    check = check_planner(environ, Settings.model_validate(settings))

    assert (check.ok, check.detail) == (True, detail)


@pytest.mark.parametrize(
    ("environ", "settings", "fix"),
    [
        ({}, {"planner": "anthropic"}, "set ANTHROPIC_API_KEY"),
        (KEY, {"planner": "openai"}, "set OPENAI_API_KEY or OPENAI_BASE_URL"),
        (LOCAL, {}, "set CARAVAN_OPENAI_MODEL"),
    ],
)
def test_what_is_missing_comes_with_its_fix(
    environ: dict[str, str], settings: dict[str, str], fix: str
) -> None:
    check = check_planner(environ, Settings.model_validate(settings))

    assert not check.ok
    assert check.fix is not None
    assert check.fix.startswith(fix)
