"""Who would draft plans here, and what keeps the planning worker from starting."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from domain.settings import Settings
from starter.doctor_live import Check

_ANTHROPIC: Final = "ANTHROPIC_API_KEY"
_OPENAI: Final = "OPENAI_API_KEY"
_BASE_URL: Final = "OPENAI_BASE_URL"
_OPENAI_HOST: Final = "api.openai.com"


def check_planner(environ: Mapping[str, str], settings: Settings) -> Check:
    """Are the language models that the settings name within reach?"""
    has_anthropic = bool(environ.get(_ANTHROPIC))
    has_openai = bool(environ.get(_OPENAI) or environ.get(_BASE_URL))
    planner = settings.planner
    if planner == "anthropic" and not has_anthropic:
        return _missing("anthropic", _ANTHROPIC)
    if planner == "openai" and not has_openai:
        return _missing("openai", f"{_OPENAI} or {_BASE_URL}")
    asks = [
        name
        for name, has in (("anthropic", has_anthropic), ("openai", has_openai))
        if has and planner in {"auto", name}
    ]
    host = urlsplit(environ.get(_BASE_URL, "")).hostname
    if "openai" in asks and host not in {None, _OPENAI_HOST} and settings.openai_model is None:
        return Check.of(
            "planner",
            False,
            f"{_BASE_URL} names {host}, but no setting says which model to ask there",
            fix="set CARAVAN_OPENAI_MODEL",
        )
    return Check.of("planner", True, ", then ".join([*asks, "the embedded planner"]))


def _missing(planner: str, name: str) -> Check:
    return Check.of(
        "planner",
        False,
        f"CARAVAN_PLANNER is {planner}, but {name} is not set",
        fix=f"set {name}, or CARAVAN_PLANNER=embedded",
    )
