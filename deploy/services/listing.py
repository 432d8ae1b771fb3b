"""A service for sale: its terms, its schemas, and the function that does the work."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

Takes = TypeVar("Takes", bound=BaseModel)

USDC_DECIMALS: Final = 6
"""Digits after the point of USDC, as its mint account says."""

JSON_TYPE: Final = "application/json"
"""Media type of every answer that is not a file."""


class Unworkable(ValueError):
    """The request is well formed, yet no work can be done on it; nothing is charged."""


def usdc(text: str) -> int:
    """Return a price in base units.

    Raises:
        ValueError: The price has more digits than the asset.
    """
    amount = Decimal(text).scaleb(USDC_DECIMALS)
    if amount != amount.to_integral_value():
        raise ValueError(f"{text} is finer than one base unit of USDC")
    return int(amount)


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[Takes]):
    """One paid endpoint."""

    path: str
    name: str
    description: str
    tags: tuple[str, ...]
    price: str
    """In whole USDC, exact decimal notation."""
    seller: str
    """Whose wallet is paid."""
    takes: type[Takes]
    run: Callable[[Takes], BaseModel | bytes]
    example: dict[str, Any]
    """A request body that works."""
    gives: type[BaseModel] | None = None
    """Shape of a JSON answer; ``None`` when the answer is a file."""
    media_type: str = JSON_TYPE
    answer: dict[str, Any] | str | None = None
    """An example answer, where the real one to ``example`` is too long for a header."""

    @property
    def base_units(self) -> int:
        """The price in base units."""
        return usdc(self.price)

    def input_schema(self) -> dict[str, Any]:
        """Return the body's JSON Schema, free of references."""
        return inlined(self.takes.model_json_schema())

    def output_schema(self) -> dict[str, Any]:
        """Return the answer's JSON Schema; a file is described as a string."""
        if self.gives is None:
            return {"type": "string", "contentMediaType": self.media_type}
        return inlined(self.gives.model_json_schema(mode="serialization"))

    def output_example(self) -> dict[str, Any] | str:
        """Return what an answer looks like."""
        if self.answer is not None:
            return self.answer
        made = self.run(self.takes.model_validate(self.example))
        if isinstance(made, bytes):
            return made.decode()
        shown: dict[str, Any] = json.loads(made.model_dump_json(by_alias=True))
        return shown


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Replace references by what they name, and drop generated titles.

    A discovery document nests a schema inside another, where ``#/$defs`` would point nowhere.
    """
    definitions = schema.get("$defs", {})

    def walk(node: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            named = definitions[str(node["$ref"]).rsplit("/", 1)[1]]
            rest = {key: value for key, value in node.items() if key != "$ref"}
            return walk({**named, **rest})
        return {
            key: walk(value, names=key == "properties")
            for key, value in node.items()
            if names or (key != "$defs" and not (key == "title" and isinstance(value, str)))
        }

    result: dict[str, Any] = walk(schema)
    return result
