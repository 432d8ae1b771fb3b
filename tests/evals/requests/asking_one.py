"""Writing down a request that one service answers."""

from tests.evals.asking import Asked, Given, Goal, Scalar, need, shape


def one(
    identity: str, text: str, wanted: Goal, *given: Scalar | Given | tuple[Scalar, ...]
) -> Asked:
    does = tuple(key for key, grade in wanted.grades.items() if grade > 1)
    right = shape(need("it", *does, given=given))
    return Asked(id=identity, text=text, kind="single", goals=(wanted,), shapes=(right,))
