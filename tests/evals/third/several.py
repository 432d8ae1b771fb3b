"""Right plans for the same job over several things."""

from tests.evals.asking import Given, Scalar, Shape, need, shape

Wanted = Scalar | Given | tuple[Scalar, ...]


def apiece(
    what: str, *services: str, of: tuple[Wanted, ...], fixed: tuple[Wanted, ...] = ()
) -> tuple[Shape, ...]:
    """One step that goes over the list, or a step for each of its things."""
    apart = (
        need(f"{what} {at}", *services, given=(*fixed, one)) for at, one in enumerate(of, start=1)
    )
    return shape(need(what, *services, given=fixed, each=True)), shape(*apart)


def town(name: str, country: str, code: str) -> tuple[str, ...]:
    """The ways in which a town may be spelt."""
    return name, f"{name}, {country}", f"{name},{code}", f"{name}, {code}"
