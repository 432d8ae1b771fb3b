"""What holds for the parts, whoever falls and whoever is killed."""

import os
import signal
from pathlib import Path

import httpx

from tests.deploy.supervisor.conftest import StartFakes, serving
from tests.deploy.supervisor.stack_kit import FAIL, HANG, FakeStack, is_alive, wait_for


def pids(stack: FakeStack) -> list[int]:
    return [entry["pid"] for entry in stack.running().values()]


def test_the_stack_is_published_only_once_every_part_works(start: StartFakes) -> None:
    first, second = serving("first"), serving("second", after=["first"])
    stack = start(first, second)

    running = stack.running()

    for part in (first, second):
        answer = httpx.get(f"http://127.0.0.1:{part['port']}/health").json()
        assert answer["pid"] == running[part["name"]]["pid"]


def test_a_part_waits_for_those_it_comes_after(start: StartFakes) -> None:
    stack = start(serving("second", after=["first"]), serving("first"))
    stack.running()

    told = [(notice["part"], notice["event"]) for notice in stack.notices()]

    assert told.index(("first", "healthy")) < told.index(("second", "starting"))


def test_sigterm_ends_every_part_and_withdraws_the_file(start: StartFakes) -> None:
    stack = start(serving("first"), serving("second", after=["first"]))
    parts = pids(stack)

    code, _ = stack.end(signal.SIGTERM)

    assert code == 0
    assert not any(is_alive(pid) for pid in parts)
    assert not (stack.state / "stack.json").exists()


def test_a_signal_during_the_start_ends_what_was_started(start: StartFakes) -> None:
    stack = start(serving("first"), {"name": "never", "code": HANG})
    log = stack.state / "logs" / "never.log"
    wait_for(lambda: log.exists() and "thinking" in log.read_text())
    found = children_of(stack.process.pid)

    code, _ = stack.end(signal.SIGINT)

    assert code == 0
    assert len(found) == 2
    assert not any(is_alive(pid) for pid in found)


def test_kill_9_of_the_supervisor_leaves_no_part_behind(start: StartFakes) -> None:
    stack = start(serving("first"), serving("stubborn", words=["stubborn"]))
    parts = pids(stack)

    stack.process.kill()

    wait_for(lambda: not any(is_alive(pid) for pid in parts), seconds=5)


def test_a_killed_part_is_started_again_and_counted(start: StartFakes) -> None:
    fragile = serving("fragile")
    stack = start(fragile, serving("other"))
    before = stack.running()

    os.kill(before["fragile"]["pid"], signal.SIGKILL)
    wait_for(lambda: stack.running()["fragile"]["pid"] != before["fragile"]["pid"])
    after = stack.running()
    url = f"http://127.0.0.1:{fragile['port']}/health"
    answer = wait_for(lambda: answers(url))

    assert answer == after["fragile"]["pid"]
    assert after["fragile"]["restarts"] == 1
    assert after["other"] == before["other"]
    _, told = stack.end()
    assert "fragile exited with code -9" in told


def test_a_part_that_hangs_is_replaced(start: StartFakes) -> None:
    hanging = serving("hanging", silent_seconds=0.5)
    stack = start(hanging)
    before = stack.running()["hanging"]["pid"]

    os.kill(before, signal.SIGSTOP)
    wait_for(lambda: stack.running()["hanging"]["pid"] != before)

    url = f"http://127.0.0.1:{hanging['port']}/health"
    assert wait_for(lambda: answers(url)) == stack.running()["hanging"]["pid"]
    assert not is_alive(before)


def test_a_part_that_keeps_falling_ends_the_start_with_its_own_words(start: StartFakes) -> None:
    stack = start(serving("first"), {"name": "broke", "code": FAIL})
    wait_for(lambda: stack.process.poll() is not None)

    code, told = stack.end()

    assert code == 1
    assert "broke exited with code 1" in told
    assert "broke ended 3 times before it worked" in told
    assert "the purse is empty" in told


def test_a_part_that_never_works_is_given_up_and_ended(start: StartFakes) -> None:
    stack = start({"name": "slow", "code": HANG, "start_seconds": 1.0})
    found = wait_for(lambda: children_of(stack.process.pid))
    wait_for(lambda: stack.process.poll() is not None)

    code, told = stack.end()

    assert code == 1
    assert "slow did not work within 1 s" in told
    assert "still thinking" in told
    assert not any(is_alive(pid) for pid in found)


def test_a_part_that_ignores_being_told_is_killed(start: StartFakes) -> None:
    stack = start(serving("stubborn", words=["stubborn"], end_seconds=0.3))
    parts = pids(stack)

    code, told = stack.end()

    assert code == 0
    assert "did not stop when asked" in told
    assert not any(is_alive(pid) for pid in parts)


def test_a_second_signal_does_not_wait_for_a_stubborn_part(start: StartFakes) -> None:
    stack = start(serving("stubborn", words=["stubborn"], end_seconds=60))
    stack.running()
    stack.process.send_signal(signal.SIGINT)
    wait_for(lambda: any(n["event"] == "stopping" for n in stack.notices()))

    code, _ = stack.end(signal.SIGINT)

    assert code == 0


def test_parts_are_out_of_reach_of_the_terminals_signals(start: StartFakes) -> None:
    stack = start(serving("first"))

    (pid,) = pids(stack)

    assert os.getpgid(pid) != os.getpgid(stack.process.pid)
    assert os.getsid(pid) != os.getsid(stack.process.pid)


def test_a_part_sees_only_the_environment_it_was_given(start: StartFakes) -> None:
    stack = start(serving("first"))

    (pid,) = pids(stack)

    seen = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert [word for word in seen if word and not word.startswith(b"LC_CTYPE=")] == [b"SEEN=yes"]


def test_a_second_supervisor_of_the_folder_is_refused_and_told_the_first(
    start: StartFakes,
) -> None:
    first = start(serving("first"))
    first.running()
    second = start(serving("second"))
    wait_for(lambda: second.process.poll() is not None)

    code, told = second.end()

    assert code == 1
    assert f"pid {first.process.pid}" in told
    assert first.running()


def answers(url: str) -> int | None:
    try:
        return int(httpx.get(url).json()["pid"])
    except httpx.TransportError:
        return None


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found
