import os
import pty
import subprocess
import sys
import textwrap

LEFT = 7

ASKED = textwrap.dedent(f"""
    import pathlib, signal, sys, threading, time
    from types import SimpleNamespace

    from starter.questions import confirms
    from starter.session import console

    def interrupt():
        main = pathlib.Path("/proc/self/task") / str(threading.main_thread().native_id)
        while main.joinpath("status").read_text().split("State:")[1].split()[0] != "S":
            time.sleep(0.01)
        time.sleep(0.2)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    try:
        confirms(SimpleNamespace(screen=console()), "Pay? [y/n] ")
    except KeyboardInterrupt:
        sys.exit({LEFT})
""")


def test_ctrl_c_that_another_thread_was_given_ends_the_question() -> None:
    master, slave = pty.openpty()
    try:
        asked = subprocess.run(
            [sys.executable, "-c", ASKED], stdin=slave, stdout=slave, timeout=45, check=False
        )
    finally:
        os.close(slave)
        os.close(master)

    assert asked.returncode == LEFT
