import io
import json
from dataclasses import replace

from rich.console import Console

from tests.evals.evaluated import EVALUATED, OWN
from tests.evals.measuring import Figures, Found, Planned
from tests.evals.printing import against_aims, as_json, below_aims, print_figures

_SERVED = next(one for one in OWN.requests if one.shapes)
_REFUSED = next(one for one in OWN.requests if not one.shapes)
_FOUND = Found(OWN, asked=_SERVED, recall=1.0, ndcg=1.0, first=("nimbus-daily",))


def figures(*plans: Planned, found: Found = _FOUND) -> Figures:
    perfect = (Planned(OWN, _SERVED, None), Planned(OWN, _REFUSED, None))
    return Figures({"word overlap": (found,), "ours": (found,)}, plans or perfect)


def printed(measured: Figures, *, misses: bool = True) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_figures(console, measured, misses=misses)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_perfect_figures_meet_every_aim() -> None:
    assert below_aims(figures()) == []
    assert "every aim is met" in printed(figures())


def test_each_figure_below_its_aim_is_named() -> None:
    poor = figures(
        Planned(OWN, _SERVED, "refused"),
        Planned(OWN, _REFUSED, "came"),
        found=replace(_FOUND, recall=0.5, ndcg=0.5),
    )

    assert below_aims(poor) == ["recall@5", "nDCG@10", "right", "refusing"]
    assert "below aim: recall@5, nDCG@10, right, refusing" in printed(poor)


def test_the_aim_itself_is_enough() -> None:
    assert below_aims(figures(found=replace(_FOUND, recall=0.95, ndcg=0.90))) == []


def test_plannable_and_unplannable_requests_are_counted_apart() -> None:
    found = against_aims(figures(Planned(OWN, _SERVED, "wrong"), Planned(OWN, _REFUSED, None)))

    assert (found["right"], found["refusing"]) == (0.0, 1.0)


def test_what_was_not_measured_misses_no_aim() -> None:
    only_refused = Figures({"ours": ()}, (Planned(OWN, _REFUSED, None),))

    assert below_aims(only_refused) == []


def test_misses_are_said_with_what_was_expected_and_what_came() -> None:
    measured = figures(Planned(OWN, _SERVED, "the wrong place"), found=replace(_FOUND, recall=0.5))

    said = printed(measured)
    assert f"plan    {_SERVED.id}: the wrong place" in said
    assert "skylark-forecast" in said
    assert "came: nimbus-daily" in said
    assert "the wrong place" not in printed(measured, misses=False)


def test_misses_in_the_bazaar_that_nobody_reads_are_counted_and_not_shown() -> None:
    unread = next(one for one in EVALUATED if not one.read)
    measured = figures(Planned(unread, _SERVED, "the wrong place"))

    assert against_aims(measured)["right"] == 0.0
    assert "the wrong place" not in printed(measured)


def test_a_listing_found_late_is_a_miss_too() -> None:
    said = printed(figures(found=replace(_FOUND, ndcg=0.63)))

    assert f"search  {_SERVED.id}: recall 1.00, nDCG 0.63" in said


def test_json_holds_every_request() -> None:
    made = json.loads(json.dumps(as_json(figures())))

    assert made["measured"]["recall@5"] == 1.0
    assert [one["id"] for one in made["plans"]] == [_SERVED.id, _REFUSED.id]
    assert made["searches"]["ours"][0]["first"] == ["nimbus-daily"]
