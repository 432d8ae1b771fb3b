"""What speaks for a service serving a goal, with everything else equal."""

from typing import Any

from domain.catalogue import ServiceListing
from tests.activities.planning.shortlists import candidates
from tests.fakes.builders import listing

TEXT = {"type": "string"}


def form(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def service(name: str, does: str, takes: dict[str, Any] | None = None) -> ServiceListing:
    return listing(
        name, description=does, input_schema=takes or form(query=TEXT), output_schema=form(out=TEXT)
    )


def likelihood(text: str, wanted: ServiceListing, *others: ServiceListing) -> float:
    return candidates(text, wanted, *others).evidence.likelihood(wanted.id, 0)


def test_a_likelihood_is_one() -> None:
    for text in ("sell my house", "", "??", "tides tides tides"):
        assert 0 < likelihood(text, service("tides", "Tide tables")) < 1


def test_naming_what_is_asked_for_speaks_for_a_service() -> None:
    named = service("tides", "Tide table of a harbour")
    other = service("recipes", "What to cook")

    assert likelihood("tide table of Brest", named, other) > likelihood(
        "tide table of Brest", other, named
    )


def test_a_word_that_many_say_tells_less_than_one_that_few_say() -> None:
    crowd = [service(f"report-{at}", "Report about anything") for at in range(20)]
    known = candidates("tide report", service("tides", "Tide tables"), *crowd)

    assert known.evidence.rarity("tide") > known.evidence.rarity("report") > 0


def test_a_word_that_nobody_says_has_no_rarity() -> None:
    known = candidates("zeppelin tide", service("tides", "Tide tables"))

    assert known.evidence.rarity("zeppelin") == 0


def test_taking_a_value_by_its_form_speaks_for_a_service() -> None:
    address = form(url={"type": "string", "format": "uri"})
    takes = service("one", "Reads", address)
    leaves = service("two", "Reads")
    text = "read https://a.example/page"
    known = candidates(text, takes, leaves)

    assert known.evidence.signs(takes.id, 0).typed == 1
    assert known.evidence.signs(takes.id, 0).untaken == 0
    assert known.evidence.likelihood(takes.id, 0) > known.evidence.likelihood(leaves.id, 0)


def test_what_the_text_does_not_give_speaks_against_a_service() -> None:
    lacking = service("one", "Tide tables", form(email={"type": "string", "format": "email"}))
    known = candidates("tide tables", lacking)

    assert known.evidence.signs(lacking.id, 0).lacking == 1


def test_one_that_takes_nothing_and_names_nothing_fits_nobody() -> None:
    free = service("coin", "Flips", {"type": "object", "properties": {}})
    known = candidates("tide table of Brest", free, service("tides", "Tide table"))

    assert known.evidence.signs(free.id, 0).free == 1
    assert known.evidence.likelihood(free.id, 0) < 0.2


def test_doing_what_is_ordered_speaks_for_a_service_and_reporting_it_does_not() -> None:
    does = service("sender", "Sends a letter")
    tells = service("watcher", "History of letters")
    known = candidates("send a letter", does, tells)

    assert known.evidence.signs(does.id, 0).verb == 1
    assert known.evidence.signs(tells.id, 0).verb == -1
