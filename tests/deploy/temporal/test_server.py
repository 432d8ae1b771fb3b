from pathlib import Path

from deploy.temporal import server
from domain.names import SEARCH_COST, SEARCH_PLAN_DIGEST, SEARCH_STATUS

DATABASE = Path("/state/temporal.sqlite")
COMMAND = server.command(Path("/bin/temporal"), database=DATABASE, port=1, ui_port=2)


def test_the_server_listens_on_loopback_only() -> None:
    assert COMMAND[COMMAND.index("--ip") + 1] == "127.0.0.1"
    assert "--ui-ip" not in COMMAND  # it follows --ip


def test_every_search_attribute_of_the_engine_is_registered() -> None:
    registered = [word for word in COMMAND if word.startswith("Caravan")]

    assert {word.partition("=")[0] for word in registered} == {
        SEARCH_STATUS,
        SEARCH_PLAN_DIGEST,
        SEARCH_COST,
    }


def test_a_server_without_our_search_attributes_is_not_ready() -> None:
    ours = dict.fromkeys(server.SEARCH_ATTRIBUTES, "any")

    assert server.is_ready({"customAttributes": {**ours, "Another": "any"}})
    assert not server.is_ready({"customAttributes": {}})
    assert not server.is_ready({})
    assert not server.is_ready(None)


def test_the_program_of_the_installed_package_is_found() -> None:
    assert server.find_binary().is_file()
