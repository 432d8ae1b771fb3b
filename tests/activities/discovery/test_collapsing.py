"""One service listed again and again counts once; the same words of another payee compete."""

from activities.discovery.collapsing import identity_of, twin_reason, twins_among
from domain.catalogue import ServiceListing
from domain.ids import ListingId
from tests.fakes import builders

WORDS = "Hourly rain by city, worldwide."


def at(host: str, *, pay_to: str = builders.SELLER, **changes: object) -> ServiceListing:
    fields = {"description": WORDS, "accepts": (builders.terms(pay_to=pay_to),)}
    return builders.listing(host, **fields).model_copy(update=changes)


def twins(*listings: ServiceListing, **worth: float) -> dict[str, str]:
    known = {one.id: one for one in listings}
    value = {ListingId(f"POST https://{name}.example/run"): v for name, v in worth.items()}
    found = twins_among({i: identity_of(one) for i, one in known.items()}, lambda _doubles: value)
    return {known[twin].name: known[kept].name for twin, kept in found.items()}


def test_the_best_scored_of_one_payee_and_one_text_is_kept() -> None:
    assert twins(at("a"), at("b"), at("c"), a=0.2, b=0.9, c=0.5) == {"a": "b", "c": "b"}


def test_capitals_spaces_and_marks_make_no_other_text() -> None:
    assert twins(at("a"), at("b", description="HOURLY  rain -- by city; worldwide!")) == {"b": "a"}


def test_the_same_words_of_another_payee_are_a_competitor() -> None:
    assert twins(at("a"), at("b", pay_to="Another payee")) == {}


def test_other_words_or_other_inputs_are_another_service() -> None:
    taking_more = {"type": "object", "properties": {"place": {}, "hours": {}}}

    assert twins(at("a"), at("b", description="Daily snow by village, alpine.")) == {}
    assert twins(at("a"), at("b", input_schema=taking_more)) == {}


def test_where_a_description_says_little_the_name_must_agree() -> None:
    assert twins(at("a", description="Rain."), at("b", description="Rain.")) == {}
    assert twins(
        at("a", description="Rain.", name="R"), at("b", description="Rain.", name="R")
    ) == {"R": "R"}


def test_which_is_kept_does_not_depend_on_the_order() -> None:
    assert twins(at("b"), at("a")) == twins(at("a"), at("b")) == {"b": "a"}


def test_the_reason_names_the_one_that_is_kept() -> None:
    assert twin_reason(at("a")) == ("the same service as a at https://a.example/run, listed again")
