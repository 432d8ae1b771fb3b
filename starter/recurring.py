"""Schedules that people make: a template, run again and again, approved in advance up to a cap."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import RequestRejected
from domain.ids import Digest, RequestId
from domain.money import Amount
from domain.names import RECURRING_PREFIX, SEARCH_STATUS, TaskQueue, recurring_schedule_id
from domain.runs import FulfilRequest, RunState
from starter.errors import NotNow
from starter.translation import temporal_errors
from starter.workflow_ids import run_of, workflow_id_of
from workflows.fulfil_request import FulfilRequestWorkflow

_CATCH_UP: Final = timedelta(minutes=10)
"""A run missed for longer is left out: nobody wants a week of reports at once after an outage."""

_WHEN: Final = "when"
"""Memo that keeps the times as a person wrote them; Temporal rewrites cron expressions."""

_STATUS: Final = SearchAttributeKey.for_keyword(SEARCH_STATUS)


class When(BaseModel):
    """How often: every so many seconds, or at the times of a cron expression."""

    model_config = ConfigDict(frozen=True)

    every: timedelta | None = None
    cron: str = ""

    def __str__(self) -> str:
        """In words."""
        return f"at {self.cron}" if self.every is None else f"every {_span(self.every)}"


class Recurring(BaseModel):
    """One schedule."""

    model_config = ConfigDict(frozen=True)

    name: str
    text: str
    cap: Amount
    plan_digest: Digest | None
    when: str
    paused: bool
    runs: int
    last_run: RequestId | None
    last_at: datetime | None
    next_at: datetime | None

    @classmethod
    async def of(cls, client: Client, description: ScheduleDescription) -> Self:
        """Describe a schedule as Temporal has it."""
        request = await _request_of(client, description)
        info, schedule = description.info, description.schedule
        last = info.recent_actions[-1] if info.recent_actions else None
        started = getattr(last.action, "workflow_id", None) if last else None
        return cls(
            name=description.id.removeprefix(RECURRING_PREFIX),
            text=request.plan.request if request.plan else request.text,
            cap=request.budget,
            plan_digest=request.plan.digest if request.plan else None,
            when=await description.memo_value(_WHEN, ""),
            paused=schedule.state.paused,
            runs=info.num_actions,
            last_run=run_of(started) if started else None,
            last_at=last.started_at if last else None,
            next_at=info.next_action_times[0] if info.next_action_times else None,
        )


class Recurrences:
    """The schedules that people made, in one Temporal namespace."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, name: str, request: FulfilRequest, when: When) -> None:
        """Begin to run ``request`` again and again.

        Raises:
            NotNow: There is a schedule of that name.
            RequestRejected: Temporal cannot read the times.
        """
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(
                FulfilRequestWorkflow.run,
                request,
                id=workflow_id_of(request.request_id),
                task_queue=TaskQueue.ORCHESTRATION,
                static_summary=f"{request.text[:140]} (approved up to {request.budget})",
                typed_search_attributes=TypedSearchAttributes(
                    [SearchAttributePair(_STATUS, RunState.PLANNING.value)]
                ),
            ),
            spec=_spec(when),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
        )
        with temporal_errors(f"schedule {name}"):
            try:
                await self._client.create_schedule(
                    recurring_schedule_id(name), schedule, memo={_WHEN: str(when)}
                )
            except ScheduleAlreadyRunningError:
                raise NotNow(
                    f"there is a schedule {name} already",
                    next_step=f"Choose another name, or `caravan schedule delete {name}`.",
                ) from None
            except RPCError as err:
                if err.status is RPCStatusCode.INVALID_ARGUMENT:
                    raise RequestRejected(f"{when} cannot be a schedule: {err.message}") from err
                raise

    async def all(self) -> list[Recurring]:
        """Every schedule, by name."""
        found: list[Recurring] = []
        with temporal_errors("the schedules"):
            async for schedule_id in self._ids():
                handle = self._client.get_schedule_handle(schedule_id)
                found.append(await Recurring.of(self._client, await handle.describe()))
        return sorted(found, key=lambda one: one.name)

    async def one(self, name: str) -> Recurring:
        """One schedule.

        Raises:
            RequestRejected: There is none of that name.
        """
        with _named(name):
            handle = self._client.get_schedule_handle(recurring_schedule_id(name))
            return await Recurring.of(self._client, await handle.describe())

    async def pause(self, name: str) -> None:
        """Start no more runs until it is resumed; those under way go on."""
        with _named(name):
            handle = self._client.get_schedule_handle(recurring_schedule_id(name))
            await handle.describe()
            await handle.pause()

    async def resume(self, name: str) -> None:
        """Start runs again."""
        with _named(name):
            handle = self._client.get_schedule_handle(recurring_schedule_id(name))
            await handle.describe()
            await handle.unpause()

    async def trigger(self, name: str) -> None:
        """Start one run now, besides the others."""
        with _named(name):
            handle = self._client.get_schedule_handle(recurring_schedule_id(name))
            await handle.describe()
            await handle.trigger()

    async def delete(self, name: str) -> None:
        """Start no run ever again; those under way go on."""
        with _named(name):
            handle = self._client.get_schedule_handle(recurring_schedule_id(name))
            await handle.describe()
            await handle.delete()

    async def _ids(self) -> AsyncIterator[str]:
        async for listed in await self._client.list_schedules():
            if listed.id.startswith(RECURRING_PREFIX):
                yield listed.id


@contextmanager
def _named(name: str) -> Iterator[None]:
    with temporal_errors(f"schedule {name}"):
        try:
            yield
        except RPCError as err:
            if err.status is RPCStatusCode.NOT_FOUND:
                raise RequestRejected(
                    f"there is no schedule {name[:60]!r}; `caravan schedule list` shows them"
                ) from err
            raise


async def _request_of(client: Client, description: ScheduleDescription) -> FulfilRequest:
    action = description.schedule.action
    if not isinstance(action, ScheduleActionStartWorkflow) or not action.args:
        raise RequestRejected(f"schedule {description.id} starts something else than a run")
    (payload,) = action.args
    (request,) = await client.data_converter.decode([payload], [FulfilRequest])
    return FulfilRequest.model_validate(request)


def _spec(when: When) -> ScheduleSpec:
    if when.every is None:
        return ScheduleSpec(cron_expressions=[when.cron])
    return ScheduleSpec(intervals=[ScheduleIntervalSpec(every=when.every)])


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % length == 0:
            count = seconds // length
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"
