"""Pages as a person sees them, at the widths of ordinary terminals."""

import io
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType

from domain.breakers import Breaker, BreakerKind
from domain.catalogue import RankedListing, Refusal
from domain.chains import USDC_DEVNET
from domain.drafting import ServicesFound
from domain.execution import StepState
from domain.ids import ListingId, RequestId
from domain.payments import PaymentState
from domain.rollback import UndoOutcome
from domain.runs import RunSnapshot, RunState
from domain.scoring import Evidence, Match, score, told_of
from starter.document import RunDocument
from starter.finding import RunLine
from starter.outputs import DEFAULT_FOLDER, planned_files
from starter.render_lists import receipts_page, runs_table, services_page
from starter.render_plan import plan_page
from starter.render_run import change_lines, ending_page, progress_page
from starter.wording import duration, plain, short
from tests.fakes import builders
from tests.starter import samples

URL = f"http://127.0.0.1:8233/namespaces/default/workflows/run%2F{samples.RUN}"


def page(renderable: RenderableType, width: int = 100) -> str:
    console = Console(
        record=True, width=width, file=io.StringIO(), highlight=False, markup=False, emoji=False
    )
    console.print(renderable, crop=False)
    return console.export_text()


def row(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(name))


def executing() -> RunSnapshot:
    return RunSnapshot(
        report=samples.report(
            state=RunState.EXECUTING,
            steps=(
                samples.delivered("volume"),
                samples.view("trend", state=StepState.PAYING, started_at=samples.STARTED),
                samples.view("charts", state=StepState.AUTHORIZING, started_at=samples.STARTED),
                samples.view("report"),
            ),
            spent=samples.usdc("0.10"),
            reserved=samples.usdc("0.20"),
            ended_at=None,
        ),
        plan=samples.PLAN,
    )


def test_a_plan_shows_every_thing_that_bears_on_the_decision() -> None:
    text = page(plan_page(samples.waiting()))

    assert "0.20 USDC" in row(text, "trend")
    assert "refund from the seller within 60 min" in row(text, "trend")
    assert "charts, trend" in row(text, "report")
    assert "the money stays" in row(text, "report")
    assert "volume  then  trend + charts  then  report" in text
    assert "volume > trend > report, about 9.0 s" in text
    assert "0.75 USDC" in row(text, "estimated")
    assert "0.80 USDC, whatever happens" in row(text, "at most")
    assert "5.00 USDC" in row(text, "budget")
    assert "embedded planner" in row(text, "planned by")
    assert "2026-11-21 13:00:00 UTC" in row(text, "decide until")
    assert "0.35 USDC" in row(text, "or else")
    assert "Northwind Report" in row(text, "or else")
    assert "exact, Solana devnet" in row(text, "or else")
    assert "nothing: money taken for nothing ends the run" in row(text, "may be lost")
    assert samples.PAYER in row(text, "paid from")
    assert samples.approval_request().digest[:12] in row(text, "approval")


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_a_plan_fits_its_terminal_and_keeps_every_price(width: int) -> None:
    text = page(plan_page(samples.waiting()), width)

    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    for price in ("0.10 USDC", "0.20 USDC", "0.15 USDC", "0.30 USDC"):
        assert price in text


def test_a_retry_shows_what_was_paid_before_as_paid_before() -> None:
    snapshot = samples.waiting()
    steps = (samples.view("volume", state=StepState.REUSED), *snapshot.report.steps[1:])
    report = snapshot.report.model_copy(update={"steps": steps})

    text = page(plan_page(snapshot.model_copy(update={"report": report})))

    assert "paid before" in row(text, "volume")
    assert "trend > report, about 7.0 s" in text


def test_progress_says_where_each_step_stands_and_what_is_spent() -> None:
    text = page(progress_page(executing(), samples.STARTED + timedelta(seconds=5)))

    assert "done" in row(text, "volume")
    assert "paying" in row(text, "trend")
    assert "5.0 s" in row(text, "trend")
    assert "waiting" in row(text, "report")
    assert "spent 0.10 USDC of 0.80 USDC approved, 0.20 USDC signed for" in text


def test_a_payment_in_doubt_is_called_so() -> None:
    doubtful = samples.view(
        "trend", state=StepState.PAYING, payment_state=PaymentState.UNKNOWN, note="no answer"
    )
    snapshot = RunSnapshot(report=samples.report(state=RunState.EXECUTING, steps=(doubtful,)))

    text = page(progress_page(snapshot, samples.STARTED))

    assert "payment in doubt, asking the chain" in text
    assert "no answer" in text


def test_an_end_has_money_proof_results_and_a_link_that_can_be_copied() -> None:
    snapshot = samples.ended()
    files = planned_files(snapshot.report, DEFAULT_FOLDER / samples.RUN)
    document = RunDocument.of(snapshot, files=files, temporal_url=URL)

    text = page(ending_page(snapshot, document, folder="caravan-out/x"), width=80)

    assert "0.05 USDC of the approved 0.80 USDC" in row(text, "saved")
    assert row(text, "took").endswith("10 s")
    assert samples.TRANSACTION in row(text, "on-chain record")
    assert row(text, "result").endswith("report.json")
    assert row(text, "in Temporal").endswith(URL)
    assert "volume5V..tail99" in text


def test_a_rollback_shows_each_undo_and_claims_no_savings() -> None:
    snapshot = samples.ended(
        state=RunState.PARTIALLY_ROLLED_BACK,
        rollback=(
            samples.undo("trend", UndoOutcome.WRITTEN_OFF, returned="0"),
            samples.undo("volume", UndoOutcome.REFUNDED, returned="0.10"),
        ),
    )

    text = page(ending_page(snapshot, RunDocument.of(snapshot)))

    assert "partially rolled back" in text
    assert "0.75 USDC, of which 0.10 USDC came back" in row(text, "paid")
    assert "saved" not in text
    assert "the seller did not answer" in text
    assert "written off" in text


def test_what_a_stranger_wrote_cannot_command_the_terminal() -> None:
    hostile = "[red]x[/red]\x1b[2J\x1b]0;owned\x07\nfake row\u202e"
    view = samples.view("volume", service=hostile, note=hostile, state=StepState.FAILED)
    snapshot = RunSnapshot(report=samples.report(steps=(view,), text=hostile))

    text = page(progress_page(snapshot, samples.STARTED))

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "[red]x[/red]" in text
    assert "\x1b" not in "".join(change_lines(None, snapshot))


def test_a_log_has_one_line_a_change() -> None:
    first = executing()
    steps = (*first.report.steps[:1], samples.delivered("trend"), *first.report.steps[2:])
    second = first.model_copy(update={"report": first.report.model_copy(update={"steps": steps})})

    assert change_lines(None, samples.waiting()) == [f"{samples.RUN}: awaiting approval"]
    assert change_lines(first, first) == []
    assert change_lines(first, second) == ["  trend: done, paid 0.20 USDC"]


def test_a_receipt_is_shown_whole_and_says_when_the_chain_denies_it() -> None:
    receipts = [samples.receipt("volume"), samples.receipt("trend", usable=False)]

    text = page(receipts_page(receipts, {samples.key("volume")}), width=50)

    assert f"volume{samples.TRANSACTION}" in text
    assert "proven again just now" in text
    assert "NOT PROVEN" in text
    assert "nothing usable" in text


def test_lists_say_what_to_do_when_they_are_empty() -> None:
    assert "caravan run" in page(runs_table([], USDC_DEVNET, samples.STARTED))
    assert "No services" in page(
        services_page(ServicesFound(ranked=(), refused=()), samples.STARTED)
    )
    assert "nothing was paid" in page(receipts_page([], None))


def test_a_list_of_runs_has_exact_amounts() -> None:
    line = RunLine(
        run_id=RequestId("some-run"),
        status="terminated",
        started_at=samples.STARTED,
        ended_at=samples.STARTED + timedelta(seconds=90),
        paid=0.1 + 0.2,
    )

    text = row(page(runs_table([line], USDC_DEVNET, samples.STARTED)), "some-run")

    assert "0.30 USDC" in text
    assert "terminated" in text
    assert "1 min 30 s" in text


def test_many_refusals_are_counted() -> None:
    refusals = tuple(
        Refusal(
            listing_id=ListingId(f"GET https://x/{n}"),
            name=f"Bad {n}",
            reason="it costs 3.00 USDC",
            gate="cap",
        )
        for n in range(20)
    )

    text = page(services_page(ServicesFound(ranked=(), refused=refusals), samples.STARTED))

    assert "Bad 0 (too dear): it costs 3.00 USDC" in text
    assert "and 8 more" in text


def test_services_show_their_parts_how_lately_they_were_checked_and_why_the_first_is() -> None:
    now = samples.STARTED
    scored = score(
        builders.listing("volume"),
        match=Match(meaning=0.71, words=0.5),
        told=told_of(builders.listing("volume").quality, Evidence(), now=now),
        same_job=[],
        asset=USDC_DEVNET,
    )
    ranked = RankedListing(
        listing=builders.listing("volume"), score=scored, probed_at=now - timedelta(seconds=12)
    )
    never = ranked.model_copy(update={"probed_at": None})

    text = page(services_page(ServicesFound(ranked=(ranked, never), refused=()), now))

    assert f"{scored.total:.3f}" in text
    assert "12 s ago" in text
    assert "never" in text
    heads, shares = text.splitlines()[:2]
    assert shares[: heads.index("meaning") + len("meaning")].endswith("40%")
    assert "Why volume comes first" in text
    assert "its meaning is 0.71 like what was asked" in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_an_address_of_any_length_can_be_copied_and_hides_no_figure(width: int) -> None:
    url = (
        "https://weather-forecast-production.up.railway.example/api/v2/forecasts/daily?units=metric"
    )
    listing = builders.listing("weather").model_copy(update={"id": ListingId(f"POST {url}")})
    scored = score(
        listing,
        match=Match(meaning=0.71, words=0.5),
        told=told_of(listing.quality, Evidence(), now=samples.STARTED),
        same_job=[],
        asset=USDC_DEVNET,
    )
    ranked = RankedListing(
        listing=listing, score=scored, probed_at=samples.STARTED - timedelta(seconds=125)
    )
    found = ServicesFound(ranked=(ranked, ranked), refused=())

    lines = page(services_page(found, samples.STARTED), width).splitlines()

    assert lines.count(f"  POST {url}") == 2
    figures = [line for line in lines if f"{scored.total:.3f}" in line]
    assert len(figures) == 2
    if width >= 80:
        assert all("0.50 USDC" in line and "2 min 05 s ago" in line for line in figures)


def test_who_is_left_alone_is_named_with_the_reason_and_when_it_is_tried_again() -> None:
    now = samples.STARTED
    refusal = Refusal(listing_id=ListingId("GET https://x/"), name="x", reason="y", gate="breaker")
    shut = Breaker(
        kind=BreakerKind.HOST,
        key="dead.example",
        failures=3,
        opened=1,
        open_until=now + timedelta(seconds=25),
        reason="connection refused",
    )
    ajar = shut.model_copy(update={"key": "back.example", "open_until": now})
    well = Breaker(kind=BreakerKind.HOST, key="well.example", failures=1)
    settler = ajar.model_copy(update={"kind": BreakerKind.FACILITATOR, "key": "Settler"})
    tried = ajar.model_copy(
        update={"key": "tried.example", "tried_until": now + timedelta(seconds=9)}
    )
    breakers = (shut, ajar, well, settler, tried)

    text = page(services_page(ServicesFound(ranked=(), refused=(refusal,), breakers=breakers), now))

    assert "host dead.example, 3 failures in a row, tried again in 25 s: connection" in text
    assert "back.example, 3 failures in a row, tried again with the next unpaid question" in text
    assert "facilitator Settler, 3 failures in a row, tried again with the next purchase" in text
    assert "tried.example, 3 failures in a row, being tried again by one call" in text
    assert "well.example" not in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (3661, "1 h 01 min")],
)
def test_times_read_as_a_person_says_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_long_names_are_short_in_tables_and_short_ones_whole() -> None:
    assert short("a" * 40) == "aaaaaaaa..aaaaaa"
    assert short("abc") == "abc"
    assert short(None) == "-"
    assert plain("two\nlines") == "two lines"
