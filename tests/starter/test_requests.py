from datetime import timedelta

import pytest
from temporalio.client import Client

from domain.drafting import SearchServices
from domain.errors import DecisionRefused
from domain.execution import StepState
from domain.ids import Digest, RequestId
from domain.names import run_workflow_id
from domain.runs import FulfilRequest, RunSnapshot, RunState
from domain.settings import Settings
from starter import following
from starter import requests as requests_module
from starter.asking import search_services, verify_receipts
from starter.deciding import decision_on
from starter.errors import NoSuchRun, NotNow, RunStopped, StackUnreachable
from starter.finding import RunLine, Runs
from starter.following import follow
from starter.receipts import receipts_of_runs
from starter.requests import Requests
from starter.retrying import retry_request
from tests.starter import samples
from tests.starter.conftest import Working
from tests.starter.fake_shop import FakeShop


class Seen:
    """Remembers what it was shown."""

    def __init__(self) -> None:
        self.states: list[RunState] = []
        self.silences = 0

    def saw(self, snapshot: RunSnapshot) -> None:
        self.states.append(snapshot.report.state)

    def heard_nothing(self) -> None:
        self.silences += 1


def ask(name: str) -> FulfilRequest:
    return FulfilRequest(
        request_id=RequestId(name),
        text=samples.TEXT,
        budget=samples.usdc("5.00"),
        policy_maximum=samples.usdc("100.00"),
    )


async def priced(requests: Requests, request: FulfilRequest) -> RunSnapshot:
    await requests.start(request)
    return await follow(
        requests,
        request.request_id,
        watcher=Seen(),
        until=lambda snapshot: snapshot.report.state is RunState.AWAITING_APPROVAL,
    )


async def approved(requests: Requests, request: FulfilRequest) -> RunSnapshot:
    snapshot = await priced(requests, request)
    assert snapshot.approval_request is not None
    await requests.decide(
        request.request_id, decision_on(snapshot.approval_request, "approve", looked=True)
    )
    return await follow(requests, request.request_id, watcher=Seen())


async def test_an_approved_run_is_followed_to_its_result(
    client: Client, shop: FakeShop, working: Working
) -> None:
    requests = Requests(client)

    async with working(shop):
        snapshot = await approved(requests, ask("whole-run"))

    assert snapshot.report.state is RunState.COMPLETED
    assert snapshot.report.spent == samples.usdc("0.75")
    assert sorted(shop.settled) == ["charts", "report", "trend", "volume"]
    assert snapshot.plan is not None
    assert snapshot.approval is not None
    assert snapshot.report.anchor is not None
    assert snapshot.report.anchor.transaction == "anchored"


async def test_a_run_is_found_by_what_a_person_sees_of_it_in_temporal(
    client: Client, shop: FakeShop, working: Working
) -> None:
    requests = Requests(client)

    async with working(shop):
        await priced(requests, ask("visible-run"))
        description = await client.get_workflow_handle(
            run_workflow_id(RequestId("visible-run"))
        ).describe()
        await requests.cancel(RequestId("visible-run"))
        ended = await requests.ending(RequestId("visible-run"))

    assert await description.static_summary() == f"{samples.TEXT} (budget 5.00 USDC)"
    assert ended.state is RunState.CANCELLED


async def test_a_stale_decision_is_refused_and_the_fitting_one_taken_once(
    client: Client, shop: FakeShop, working: Working
) -> None:
    requests = Requests(client)
    request = ask("decided-run")

    async with working(shop):
        snapshot = await priced(requests, request)
        assert snapshot.approval_request is not None
        reject = decision_on(snapshot.approval_request, "reject", looked=True)
        stale = reject.model_copy(update={"document_digest": Digest("0" * 64)})
        with pytest.raises(DecisionRefused, match="look at it again"):
            await requests.decide(request.request_id, stale)
        approval = await requests.decide(request.request_id, reject)
        ended = await requests.ending(request.request_id)

    assert approval.decision == reject
    assert ended.state is RunState.REJECTED
    assert shop.settled == []


async def test_a_decision_on_an_ended_run_is_told_apart_from_an_unknown_run(
    client: Client, shop: FakeShop, working: Working
) -> None:
    requests = Requests(client)
    decision = decision_on(samples.approval_request(), "approve", looked=True)

    async with working(shop):
        await priced(requests, ask("gone-run"))
        await requests.cancel(RequestId("gone-run"))
        await requests.ending(RequestId("gone-run"))
        with pytest.raises(NotNow, match="has ended"):
            await requests.decide(RequestId("gone-run"), decision)
        with pytest.raises(NoSuchRun):
            await requests.decide(RequestId("never-run"), decision)


async def test_starting_the_same_request_again_changes_nothing(
    client: Client, shop: FakeShop, working: Working
) -> None:
    requests = Requests(client)

    async with working(shop):
        await priced(requests, ask("same-run"))
        await requests.start(ask("same-run"))
        await requests.cancel(RequestId("same-run"))
        await requests.ending(RequestId("same-run"))

        with pytest.raises(NotNow, match="has ended before"):
            await requests.start(ask("same-run"))


async def test_a_retry_buys_only_what_was_not_delivered(
    client: Client, shop: FakeShop, working: Working
) -> None:
    requests = Requests(client)
    failing = FakeShop(shop.artifacts_dir, failing={samples.PLAN.steps[3].id}, refunds=False)

    async with working(failing):
        first = await approved(requests, ask("retried-run"))
    again = retry_request(
        [first], request_id=RequestId("retried-run-r2"), policy_maximum=samples.usdc("100")
    )
    async with working(shop):
        second = await approved(requests, again)

    assert first.report.state is RunState.PARTIALLY_ROLLED_BACK
    assert second.report.state is RunState.COMPLETED
    assert shop.settled == ["report"]
    assert second.report.spent == samples.usdc("0.30")
    assert [view.state for view in second.report.steps][:3] == [StepState.REUSED] * 3


async def test_a_run_without_a_worker_is_unreachable_in_bounded_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_module, "ANSWER_WITHIN", timedelta(seconds=1))
    requests = Requests(client)
    await requests.start(ask("orphan-run"))

    with pytest.raises(StackUnreachable, match="no worker serves it"):
        await requests.snapshot(RequestId("orphan-run"))


async def test_a_watcher_gives_up_on_a_missing_worker_but_not_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_module, "ANSWER_WITHIN", timedelta(seconds=0.3))
    monkeypatch.setattr(following, "PATIENCE", timedelta(seconds=0.8))
    requests = Requests(client)
    await requests.start(ask("unwatched-run"))
    seen = Seen()

    with pytest.raises(StackUnreachable):
        await follow(requests, RequestId("unwatched-run"), watcher=seen)

    assert seen.states == []
    assert seen.silences >= 1


async def test_a_run_terminated_while_it_is_watched_ends_the_watch(client: Client) -> None:
    requests = Requests(client)
    await requests.start(ask("struck-run"))
    await client.get_workflow_handle(run_workflow_id(RequestId("struck-run"))).terminate()

    with pytest.raises(RunStopped):
        await follow(requests, RequestId("struck-run"), watcher=Seen())


async def test_an_ended_run_is_known_without_a_worker(
    client: Client, shop: FakeShop, working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = Requests(client)
    async with working(shop):
        await priced(requests, ask("kept-run"))
        await requests.cancel(RequestId("kept-run"))
        await requests.ending(RequestId("kept-run"))
    monkeypatch.setattr(requests_module, "ANSWER_WITHIN", timedelta(seconds=1))

    snapshot = await requests.snapshot(RequestId("kept-run"))

    assert snapshot.report.state is RunState.CANCELLED


async def test_a_terminated_run_is_not_mistaken_for_one_that_ended(client: Client) -> None:
    requests = Requests(client)
    await requests.start(ask("killed-run"))
    await client.get_workflow_handle(run_workflow_id(RequestId("killed-run"))).terminate()

    with pytest.raises(RunStopped, match="nothing was undone"):
        await requests.ending(RequestId("killed-run"))


async def test_runs_are_found_by_id_prefix_and_last(client: Client, settings: Settings) -> None:
    runs = Runs(client, settings.state_dir)
    requests = Requests(client)
    for name in ("find-alpha-1", "find-alpha-2", "find-beta-1"):
        await requests.start(ask(name))
    runs.remember(RequestId("find-beta-1"))

    assert await runs.find("find-alpha-1") == "find-alpha-1"
    assert await runs.find("run/find-alpha-2") == "find-alpha-2"
    assert await runs.find("last") == "find-beta-1"
    assert await eventually_found(runs, "find-b") == "find-beta-1"
    with pytest.raises(NoSuchRun, match="find-alpha-1, find-alpha-2"):
        await runs.find("find-alpha")
    with pytest.raises(NoSuchRun, match="no run is called nothing-like-it"):
        await runs.find("nothing-like-it")
    with pytest.raises(NoSuchRun, match="is not a run id"):
        await runs.find("x' OR WorkflowType = 'y")


async def test_services_and_receipts_are_asked_of_workers(
    client: Client, shop: FakeShop, working: Working
) -> None:
    shop.failing = {samples.PLAN.steps[0].id}
    receipts = (samples.receipt("volume"), samples.receipt("trend"))

    async with working(shop):
        found = await search_services(client, SearchServices(text="volume"))
        verified = await verify_receipts(client, receipts)

    assert found.refused[0].name == "Bad volume"
    assert verified.proven == (samples.key("trend"),)


async def test_a_run_that_cannot_be_read_does_not_hide_the_receipts_of_others(
    client: Client, shop: FakeShop, working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = Requests(client)
    async with working(shop):
        await approved(requests, ask("paid-run"))
    await requests.start(ask("mute-run"))
    monkeypatch.setattr(requests_module, "ANSWER_WITHIN", timedelta(seconds=0.5))

    collected = await receipts_of_runs(
        requests,
        [
            line("mute-run", "executing", paid=None),
            line("paid-run", "completed", paid=0.75),
            line("never-paid-run", "rejected", paid=0.0),
        ],
    )

    assert [run for run, _ in collected.receipts] == ["paid-run"] * 4
    assert [run for run, _ in collected.unreadable] == ["mute-run"]
    assert "no worker serves it" in collected.unreadable[0][1]


def line(name: str, status: str, *, paid: float | None) -> RunLine:
    ended_at = None if paid is None else samples.STARTED
    return RunLine(
        run_id=RequestId(name),
        status=status,
        started_at=samples.STARTED,
        ended_at=ended_at,
        paid=paid,
    )


async def eventually_found(runs: Runs, name: str) -> str:
    # The visibility store learns of a run a moment after it started.
    for _ in range(100):
        try:
            return await runs.find(name)
        except NoSuchRun:
            continue
    return await runs.find(name)
