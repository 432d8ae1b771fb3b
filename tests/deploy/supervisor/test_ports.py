import socket
from pathlib import Path

import pytest

from deploy.supervisor.errors import PortsBusy
from deploy.supervisor.ports import Ports, PortWish, holder_of


def listening(port: int = 0) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


def test_every_busy_port_is_named_with_its_part_holder_and_option() -> None:
    with listening() as first, listening() as second:
        ports = [held.getsockname()[1] for held in (first, second)]
        wishes = [
            PortWish("solana", "--solana-port", ports[0]),
            PortWish("services", "--services-port", ports[1]),
        ]

        with pytest.raises(PortsBusy) as refused:
            Ports.reserve(wishes)

    for part, option, port in zip(
        ("solana", "services"), ("--solana-port", "--services-port"), ports, strict=True
    ):
        assert f"{part}: port {port} is taken by pid " in str(refused.value)
        assert option in str(refused.value)


def test_a_free_port_is_taken_in_place_of_a_busy_one_on_request() -> None:
    with listening() as busy:
        taken = busy.getsockname()[1]

        with Ports.reserve([PortWish("a", "--a", taken)], or_free=True) as ports:
            assert ports["--a"] not in {0, taken}


def test_a_port_that_is_no_port_is_refused() -> None:
    with pytest.raises(PortsBusy, match="--ui-port"):
        Ports.reserve([PortWish("temporal", "--ui-port", 70_000)])


def test_when_one_port_is_busy_none_is_kept() -> None:
    with listening() as busy, listening() as other:
        free = other.getsockname()[1]
        other.close()
        wishes = [PortWish("a", "--a", free), PortWish("b", "--b", busy.getsockname()[1])]

        with pytest.raises(PortsBusy):
            Ports.reserve(wishes)

        listening(free).close()


def test_the_part_itself_can_listen_on_a_port_that_is_held_for_it() -> None:
    with Ports.reserve([PortWish("a", "--a", 0)]) as ports, listening(ports["--a"]) as server:
        with socket.create_connection(("127.0.0.1", ports["--a"])):
            accepted, _ = server.accept()

        accepted.close()


def test_two_stacks_never_find_the_same_free_port() -> None:
    wishes = [PortWish("a", f"--{n}", 0) for n in range(20)]

    with Ports.reserve(wishes) as first, Ports.reserve(wishes) as second:
        found = [ports[wish.option] for ports in (first, second) for wish in wishes]

    assert len(set(found)) == 40


def test_a_process_that_may_not_be_looked_at_is_not_named(tmp_path: Path) -> None:
    assert holder_of(7233, proc=tmp_path) is None
