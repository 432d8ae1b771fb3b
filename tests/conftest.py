"""What every test may rely on."""

import ctypes
import mmap
import platform
from collections.abc import Iterator

import pytest

import activities.payments.evm  # noqa: F401 - puts the recursion limit back that a library raises

_EMMS_RET = b"\x0f\x77\xc3"
"""Machine code: empty the x87 registers, return."""

_PAGE = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
_PAGE.write(_EMMS_RET)
_HELD = ctypes.c_char.from_buffer(_PAGE)
"""Keeps the page, and with it the code, where it is."""

_EMPTY_X87 = ctypes.CFUNCTYPE(None)(ctypes.addressof(_HELD))
_HAS_X87 = platform.machine() in {"x86_64", "AMD64"}


@pytest.fixture(autouse=True)
def clean_floating_point() -> Iterator[None]:
    """Let no test inherit a full x87 stack.

    The Solana VM leaves the stack full in the thread that ran it (measured: numpy's floor division
    and least squares then fail 30 times of 30). In the product it runs in a process of its own.
    """
    if _HAS_X87:
        _EMPTY_X87()
    yield
    if _HAS_X87:
        _EMPTY_X87()
