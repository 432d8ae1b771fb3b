"""What a JMESPath expression gives, told from its syntax and the schemas of what it is given.

Only what is certain is called a problem: a name that an object does not have, a function given what
it does not take, a comparison that can never hold. Whatever is not known stays unknown; the real
value is checked before anything is paid for.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import jmespath
import jmespath.exceptions

from domain import schemas
from domain.expression_calls import Argument, call_problem, call_result, kind_of
from domain.schemas import Schema
from domain.shapes import (
    ANY,
    NULL,
    Purse,
    TooMuch,
    array_of,
    constant,
    is_closed,
    is_required,
    items_of,
    names_of,
    object_of,
    or_null,
    shape_of,
    types_of,
    union,
    with_types,
)

BOOLEAN: Final[Schema] = {"type": ["boolean"]}

MAX_NAMES_SAID: Final = 8
"""Names listed in a problem; sellers' objects may have hundreds."""

MAX_NAME_CHARACTERS: Final = 40

Node = Mapping[str, Any]


class Inferred(NamedTuple):
    """What an expression gives."""

    shape: Schema
    """A schema that every result fits."""
    problems: tuple[str, ...] = ()
    """Why it cannot be meant; nothing when it may be fine."""


def infer(expression: str, given: Schema) -> Inferred:
    """Tell what ``expression`` gives for any value that fits ``given``.

    Args:
        expression: JMESPath. One that cannot be read gives the unknown; the compiler says so.
        given: JSON Schema of the value. A seller that lists an object's names is taken at its
            word: it produces no others.
    """
    purse = Purse()
    try:
        tree = jmespath.compile(expression).parsed
        reading = _Inference(purse)
        shape = reading.of(tree, shape_of(given, purse))
    except (jmespath.exceptions.JMESPathError, RecursionError, TooMuch, *_PARSING):
        return Inferred(ANY)
    return Inferred(shape, tuple(dict.fromkeys(reading.problems)))


def result_problem(inferred: Inferred, wanted: Schema) -> str | None:
    """Say why what an expression gives cannot be used where ``wanted`` is asked."""
    if inferred.problems:
        return inferred.problems[0]
    if types_of(inferred.shape) == frozenset({"null"}):
        return "it never selects anything"
    return schemas.mismatch(inferred.shape, wanted) or _enum_conflict(inferred.shape, wanted)


def named(inputs: Mapping[str, Schema]) -> Schema:
    """The schema of the object that a transform's or a conditional's inputs make."""
    # Each becomes a shape first: references lead into a schema's own root.
    return object_of({name: known_shape(schema) for name, schema in inputs.items()})


def known_shape(schema: Schema) -> Schema:
    """What ``schema`` says, without references; nothing where that would take too long."""
    try:
        return shape_of(schema, Purse())
    except (RecursionError, TooMuch):
        return ANY


_PARSING: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the package's parser raises beside its own errors at malformed text."""


def _enum_conflict(produced: Schema, wanted: Schema) -> str | None:
    have, want = produced.get("enum"), wanted.get("enum")
    if not isinstance(have, list) or not isinstance(want, list):
        return None
    if any(value in want for value in have):
        return None
    return f"it is {_listed(have)}, but {_listed(want)} is wanted"


class _Inference:
    def __init__(self, purse: Purse) -> None:
        self.problems: list[str] = []
        self._purse = purse

    def of(self, node: Node, given: Schema) -> Schema:
        """The shape of what ``node`` gives."""
        self._purse.spend()
        handler = _NODES.get(node["type"])
        return ANY if handler is None else handler(self, node, given)

    def quietly(self, node: Node, given: Schema) -> tuple[Schema, list[str]]:
        """The shape, with its problems apart: something else may stand in for this part."""
        before, self.problems = self.problems, []
        shape = self.of(node, given)
        own, self.problems = self.problems, before
        return shape, own

    def field(self, node: Node, given: Schema) -> Schema:
        name, types = str(node["value"]), types_of(given)
        if "object" not in types:
            if types != frozenset({"null"}):
                self.problems.append(f"{kind_of(given)} has no {name[:MAX_NAME_CHARACTERS]!r}")
            return NULL
        listed = names_of(given)
        found = listed.get(name)
        if found is None:
            if not is_closed(given):
                return ANY
            if types - {"null"} == frozenset({"object"}):
                self.problems.append(
                    f"there is no {name[:MAX_NAME_CHARACTERS]!r}, only {_listed(list(listed))}"
                )
            return NULL
        certain = types == frozenset({"object"}) and is_required(given, name)
        return found if certain else or_null(found, self._purse)

    def chain(self, node: Node, given: Schema) -> Schema:
        for child in node["children"]:
            given = self.of(child, given)
        return given

    def index(self, node: Node, given: Schema) -> Schema:
        if "array" not in types_of(given):
            if types_of(given) != frozenset({"null"}):
                self.problems.append(f"{kind_of(given)} is no list; it has no [{node['value']}]")
            return NULL
        return or_null(items_of(given), self._purse)

    def slice(self, _: Node, given: Schema) -> Schema:
        return self._list_in(given)

    def projection(self, node: Node, given: Schema) -> Schema:
        left, right = node["children"][:2]
        return self._projected(self._list_in(self.of(left, given)), right)

    def filtered(self, node: Node, given: Schema) -> Schema:
        left, right, test = node["children"]
        rows = self._list_in(self.of(left, given))
        if "array" in types_of(rows):
            self.of(test, items_of(rows))
        return self._projected(rows, right)

    def values(self, node: Node, given: Schema) -> Schema:
        left, right = node["children"]
        found = self.of(left, given)
        if "object" not in types_of(found):
            return NULL
        parts = list(names_of(found).values())
        item = union(parts, self._purse) if parts and is_closed(found) else ANY
        rows = array_of(item)
        if types_of(found) != frozenset({"object"}):
            rows = or_null(rows, self._purse)
        return self._projected(rows, right)

    def flatten(self, node: Node, given: Schema) -> Schema:
        rows = self._list_in(self.of(node["children"][0], given))
        if "array" not in types_of(rows):
            return rows
        item = items_of(rows)
        types = types_of(item)
        if "array" in types:
            outer = types - {"array"}
            inner = items_of(item)
            parts = [inner, with_types(outer, item)] if outer and "type" in item else [inner]
            item = union(parts, self._purse)
        flat = array_of(item)
        return flat if types_of(rows) == frozenset({"array"}) else or_null(flat, self._purse)

    def comparison(self, node: Node, given: Schema) -> Schema:
        left, right = node["children"]
        operator = node["value"]
        if NULL_LITERAL in (left, right):
            one, _ = self.quietly(left, given)
            other, _ = self.quietly(right, given)
        else:
            one, other = self.of(left, given), self.of(right, given)
        if operator == "eq":
            self._meets(one, other)
        if operator in {"eq", "ne"}:
            return BOOLEAN
        for part in (one, other):
            if not types_of(part) & _ORDERED:
                self.problems.append(f"{kind_of(part)} has no order")
                return NULL
        both = types_of(one) | types_of(other)
        return BOOLEAN if both <= _ORDERED else or_null(BOOLEAN, self._purse)

    def either(self, node: Node, given: Schema) -> Schema:
        left, right = node["children"]
        # "a || b" is how to ask for what may not be there.
        first, _ = self.quietly(left, given)
        second = self.of(right, given)
        kept = types_of(first) - {"null"}
        if not kept:
            return second
        return union((with_types(kept, first) if "type" in first else ANY, second), self._purse)

    def both(self, node: Node, given: Schema) -> Schema:
        left, right = (self.of(child, given) for child in node["children"])
        return union((left, right), self._purse)

    def denial(self, node: Node, given: Schema) -> Schema:
        self.of(node["children"][0], given)
        return BOOLEAN

    def choice_list(self, node: Node, given: Schema) -> Schema:
        if types_of(given) == frozenset({"null"}):
            return NULL
        parts = [self.of(child, given) for child in node["children"]]
        return self._unless_null(array_of(union(parts, self._purse)), given)

    def choice_dict(self, node: Node, given: Schema) -> Schema:
        if types_of(given) == frozenset({"null"}):
            return NULL
        parts = {child["value"]: self.of(child["children"][0], given) for child in node["children"]}
        return self._unless_null(object_of(parts), given)

    def literal(self, node: Node, _: Schema) -> Schema:
        return constant(node["value"])

    def same(self, _: Node, given: Schema) -> Schema:
        return given

    def call(self, node: Node, given: Schema) -> Schema:
        name, children = str(node["value"]), node["children"]
        arguments: list[Argument] = []
        for child in children:
            if child["type"] == "expref":
                arguments.append(Argument(ANY, refers=True))
            elif name == "not_null":
                arguments.append(Argument(self.quietly(child, given)[0]))
            else:
                arguments.append(Argument(self.of(child, given)))
        problem = call_problem(name, arguments)
        if problem is not None:
            self.problems.append(problem)
            return ANY
        if name == "map":
            return array_of(self.of(children[0]["children"][0], items_of(arguments[1].shape)))
        return call_result(name, [one.shape for one in arguments], self._purse)

    def _projected(self, rows: Schema, right: Node) -> Schema:
        if "array" not in types_of(rows):
            return rows
        item, problems = self.quietly(right, items_of(rows))
        self.problems += problems
        kept = types_of(item) - {"null"}
        # Nothing is left out of a projection but null, so an empty list has no items at all.
        found = array_of(with_types(kept, item) if "type" in item and kept else ANY)
        return found if types_of(rows) == frozenset({"array"}) else or_null(found, self._purse)

    def _list_in(self, given: Schema) -> Schema:
        types = types_of(given)
        if "array" not in types:
            if types != frozenset({"null"}):
                self.problems.append(f"{kind_of(given)} is no list")
            return NULL
        rows = with_types({"array"}, given)
        return rows if types == frozenset({"array"}) else or_null(rows, self._purse)

    def _unless_null(self, shape: Schema, given: Schema) -> Schema:
        return or_null(shape, self._purse) if "null" in types_of(given) else shape

    def _meets(self, one: Schema, other: Schema) -> None:
        """Note a comparison that never holds, though it was written to."""
        if types_of(one) == frozenset({"null"}) or types_of(other) == frozenset({"null"}):
            return
        if not _comparable(types_of(one)) & _comparable(types_of(other)):
            self.problems.append(f"{kind_of(one)} never equals {kind_of(other)}")
        elif problem := _enum_conflict(one, other):
            self.problems.append(problem.replace("wanted", "compared with it"))


NULL_LITERAL: Final[Node] = {"type": "literal", "value": None, "children": []}

_ORDERED: Final = frozenset({"integer", "number", "string"})
"""What can be compared; the package orders texts too, which the specification leaves open."""

_NODES: Final[Mapping[str, Callable[[_Inference, Node, Schema], Schema]]] = {
    "field": _Inference.field,
    "subexpression": _Inference.chain,
    "pipe": _Inference.chain,
    "index_expression": _Inference.chain,
    "index": _Inference.index,
    "slice": _Inference.slice,
    "projection": _Inference.projection,
    "filter_projection": _Inference.filtered,
    "value_projection": _Inference.values,
    "flatten": _Inference.flatten,
    "comparator": _Inference.comparison,
    "or_expression": _Inference.either,
    "and_expression": _Inference.both,
    "not_expression": _Inference.denial,
    "multi_select_list": _Inference.choice_list,
    "multi_select_dict": _Inference.choice_dict,
    "literal": _Inference.literal,
    "current": _Inference.same,
    "identity": _Inference.same,
    "function_expression": _Inference.call,
}


def _comparable(types: frozenset[str]) -> frozenset[str]:
    return types | {"number"} if "integer" in types else types


def _listed(values: list[Any]) -> str:
    said = [str(value)[:MAX_NAME_CHARACTERS] for value in values[:MAX_NAMES_SAID]]
    return ", ".join(said) + (", …" if len(values) > MAX_NAMES_SAID else "")
