"""Payments on EVM networks.

Loading it loads ``py_ecc``, which raises the interpreter's recursion limit a hundredfold. Then a
stranger's deeply nested JSON no longer ends in an error but in an overflowing stack, which takes
the process with it; so the limit is put back where it was.
"""

import sys
from typing import Final

_LIMIT: Final = sys.getrecursionlimit()

import eth_account  # noqa: E402, F401 - loaded here so that the limit can be put back after it

sys.setrecursionlimit(_LIMIT)
