"""The spend policy, read from TOML. A wrong file stops the worker: no rule is ever skipped."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from domain.errors import Misconfigured
from domain.policy import SpendPolicy


def read_policy(path: Path | None) -> SpendPolicy:
    """Read the rules of this installation; without a file there are none beyond each run's cap.

    Raises:
        Misconfigured: The file cannot be read or breaks a rule of its own; the message names the
            file, the field and what is wrong with it.
    """
    if path is None:
        return SpendPolicy()
    try:
        return SpendPolicy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as err:
        raise Misconfigured(
            f"CARAVAN_POLICY_FILE: {path} cannot be read: {err.strerror or err}"
        ) from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise Misconfigured(f"CARAVAN_POLICY_FILE: {path} is not TOML: {err}") from err
    except ValidationError as err:
        raise Misconfigured(f"CARAVAN_POLICY_FILE: {path}: {_explain(err)}") from err


def _explain(err: ValidationError) -> str:
    problems: list[str] = []
    for detail in err.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in detail["loc"])
        unknown = detail["type"] == "extra_forbidden"
        problems.append(f"{field} is no rule" if unknown else f"{field}: {detail['msg']}")
    return "; ".join(problems)
