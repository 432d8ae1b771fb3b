"""JMESPath with bounds: no expression may take a worker's memory or time.

Expressions come from models that read strangers' words. Forty characters are enough to double a
value thirty times over: ``[@,@]|[@,@]|…`` is a few small lists that share their content, until
somebody writes it down or compares it. So every value on the way is measured as if it were written.
"""

import math
from collections.abc import Iterable, Sized
from typing import Any, Final

import jmespath
from jmespath import functions, visitor
from pydantic import JsonValue

MAX_VALUE_SIZE: Final = 16 * 1024 * 1024
"""Characters and elements of any value on the way: two of the largest responses."""

MAX_WORK: Final = 10_000_000
"""Elements looked at by one expression; about two seconds, and a hundred thousand plain rows."""

_VISIT_COST: Final = 8
"""One step of the evaluation takes about as long as measuring eight elements."""

_ELEMENTS_PER_UNIT: Final = 32
"""What the interpreter's own loops do in the time of measuring one element."""


class ExpressionTooCostly(ValueError):
    """The expression would take more memory or time than a plan may."""


def evaluate(expression: str, value: JsonValue) -> Any:  # noqa: ANN401 - may not even be JSON
    """Evaluate ``expression``; its result is not larger than what may be stored.

    Raises:
        ExpressionTooCostly: It would pass a bound.
        JMESPathError: It is malformed or meets a value that it cannot work on. Python's own
            errors pass too: the package checks few of the values that it computes with.
    """
    return _BoundedInterpreter().visit(jmespath.compile(expression).parsed, value)


class _BoundedFunctions(functions.Functions):
    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:  # noqa: ANN401 - the parent's
        arguments = list(resolved_args)
        if function_name == "join" and _product(arguments) > MAX_VALUE_SIZE:
            # The one function whose result outgrows the sum of its arguments.
            raise ExpressionTooCostly("it would join more text than may be stored")
        return super().call_function(function_name, arguments)


class _BoundedInterpreter(visitor.TreeInterpreter):
    def __init__(self) -> None:
        super().__init__(visitor.Options(custom_functions=_BoundedFunctions()))
        self._left = MAX_WORK
        self._sizes: dict[int, tuple[JsonValue, int]] = {}

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the parent's
        found = super().visit(node, *args, **kwargs)
        size = self._size(found)
        if size > MAX_VALUE_SIZE:
            raise ExpressionTooCostly(f"it would make a value of {size:,} characters and elements")
        self._spend(_VISIT_COST + size // _ELEMENTS_PER_UNIT)
        return found

    def _spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise ExpressionTooCostly("it would look at too many values")

    def _size(self, value: JsonValue) -> int:
        if isinstance(value, str):
            return len(value)
        if not isinstance(value, list | dict):
            return 1 + value.bit_length() // 4 if isinstance(value, int) else 1
        known = self._sizes.get(id(value))
        if known is None:
            self._spend(len(value))
            size = 1
            if isinstance(value, dict):
                size += sum(map(len, value)) + sum(map(self._size, value.values()))
            else:
                size += sum(map(self._size, value))
            # The value is kept with its size, so that nothing else can get its id.
            known = self._sizes[id(value)] = value, size
        return known[1]


def _product(arguments: Iterable[object]) -> int:
    return math.prod(len(one) for one in arguments if isinstance(one, Sized))
