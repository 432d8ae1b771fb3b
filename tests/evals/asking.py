"""One labelled request: what would serve it, and what a right plan for it looks like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from tests.evals.markets import doing

Scalar = str | int | float | bool
Kind = Literal["single", "multi", "each", "conditional", "unplannable"]

DOES_THE_JOB: Final = 2
"""Grade of a listing that serves a goal as it is."""

IS_A_PART: Final = 1
"""Grade of a listing that serves a goal with help, or serves some of it."""


@dataclass(frozen=True)
class Goal:
    """One thing that the request needs, with the grades of the listings that serve it."""

    grades: Mapping[str, int]


@dataclass(frozen=True)
class Given:
    """A value that some argument must have, in any of its spellings."""

    spellings: tuple[Scalar, ...]
    named: str = ""
    """Regular expression for the argument's name, where it matters which argument has it."""

    def __str__(self) -> str:
        return repr(self.spellings[0])


@dataclass(frozen=True)
class Need:
    """A step that a right plan has."""

    name: str
    services: frozenset[str]
    given: tuple[Given, ...] = ()
    feeds_on: tuple[str, ...] = ()
    """Needs whose output it takes, straight or through transforms."""
    each: bool = False
    """Whether it goes over a list."""
    only_if: str | None = None
    """The need whose output decides whether it runs."""
    runs_after: Mapping[str, JsonValue] | None = None
    """An output of that need after which it runs; with the fields of every seller that will do."""
    rests_after: Mapping[str, JsonValue] | None = None
    """An output after which it must not run."""


@dataclass(frozen=True)
class Shape:
    """What a right plan has, and how many paid steps it may have at most."""

    needs: tuple[Need, ...]
    most: int


@dataclass(frozen=True)
class Asked:
    """A request with its labels."""

    id: str
    text: str
    kind: Kind
    goals: tuple[Goal, ...] = ()
    shapes: tuple[Shape, ...] = ()
    """Right plans; any of them will do. None: the request must be refused."""
    why_not: str = ""
    """Why nothing can serve it, in the words of a person."""


def served_by(*names: str) -> tuple[str, ...]:
    """Keys of listings, out of keys and of jobs; a job's name has a dot."""
    found = [key for name in names for key in (doing(name) if "." in name else (name,))]
    return tuple(dict.fromkeys(found))


def goal(*does: str, part: tuple[str, ...] = ()) -> Goal:
    grades = dict.fromkeys(served_by(*part), IS_A_PART)
    return Goal(grades | dict.fromkeys(served_by(*does), DOES_THE_JOB))


def need(
    name: str,
    *services: str,
    given: tuple[Scalar | Given | tuple[Scalar, ...], ...] = (),
    feeds_on: tuple[str, ...] = (),
    each: bool = False,
    only_if: str | None = None,
    runs_after: Mapping[str, JsonValue] | None = None,
    rests_after: Mapping[str, JsonValue] | None = None,
) -> Need:
    """State one step; plain values may stand in any argument."""
    return Need(
        name=name,
        services=frozenset(served_by(*services)),
        given=tuple(_given(value) for value in given),
        feeds_on=feeds_on,
        each=each,
        only_if=only_if,
        runs_after=runs_after,
        rests_after=rests_after,
    )


def named(pattern: str, *spellings: Scalar) -> Given:
    """State a value that must be in an argument of a certain name."""
    return Given(spellings, pattern)


def shape(*needs: Need, most: int = 0) -> Shape:
    return Shape(needs, most or len(needs))


def single(
    identity: str, text: str, wanted: Goal, *given: Scalar | Given | tuple[Scalar, ...]
) -> Asked:
    """State a request that any listing that does the job answers alone."""
    does = tuple(key for key, grade in wanted.grades.items() if grade == DOES_THE_JOB)
    right = shape(need("it", *does, given=given))
    return Asked(id=identity, text=text, kind="single", goals=(wanted,), shapes=(right,))


def multi(identity: str, text: str, goals: tuple[Goal, ...], *shapes: Shape) -> Asked:
    """State a request that takes several services."""
    return Asked(id=identity, text=text, kind="multi", goals=goals, shapes=shapes)


def refuse(identity: str, text: str, why: str, *goals: Goal) -> Asked:
    """State a request that nothing here can serve; ``goals`` are those that could be served."""
    return Asked(id=identity, text=text, kind="unplannable", goals=goals, why_not=why)


def _given(value: Scalar | Given | tuple[Scalar, ...]) -> Given:
    if isinstance(value, Given):
        return value
    return Given(value if isinstance(value, tuple) else (value,))
