"""Run parts in this process's name until a signal says stop."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from typing import Final

from deploy.supervisor.errors import PartFailed
from deploy.supervisor.keeper import Keeper
from deploy.supervisor.notices import Notices
from deploy.supervisor.parts import Part
from deploy.supervisor.state_dir import StateDir
from deploy.supervisor.supervising import Supervisor

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


async def run_until_stopped(
    parts: Sequence[Part], state: StateDir, publish: Callable[[Sequence[Keeper]], None]
) -> None:
    """Keep ``parts`` running; ``publish`` is called when all work, and when a pid changes.

    The first signal ends them in order, a second one at once.

    Raises:
        PartFailed: A part did not start to work; the others have been ended.
    """
    notices = Notices(state.progress_file)
    supervisor = Supervisor(parts, log_of=state.log, notices=notices, publish=publish)
    running = asyncio.create_task(supervisor.run())
    _stop_on_signals(running, supervisor)
    try:
        await running
    except asyncio.CancelledError:
        pass  # somebody asked for it
    except PartFailed as err:
        notices.say("failed", "stack", str(err))
        raise
    finally:
        state.stack_file.unlink(missing_ok=True)
        notices.close()


def _stop_on_signals(running: asyncio.Task[None], supervisor: Supervisor) -> None:
    asked: list[int] = []

    def stop() -> None:
        asked.append(1)
        if len(asked) == 1:
            running.cancel()  # once: a second time would interrupt the orderly end
        else:
            supervisor.kill()

    loop = asyncio.get_running_loop()
    for name in STOP_SIGNALS:
        if signal.getsignal(name) is not signal.SIG_IGN:  # nohup asked to outlive the terminal
            loop.add_signal_handler(name, stop)
