"""One way to ask a Solana node: every failure of the node or of its answer is one error of ours."""

from collections.abc import Awaitable
from typing import TypeVar

from solana.exceptions import SolanaRpcException
from solana.rpc.core import RPCException
from solders.errors import SerdeJSONError

from domain.errors import UpstreamUnavailable

T = TypeVar("T")


async def asked(call: Awaitable[T]) -> T:
    """Await an RPC call.

    Raises:
        UpstreamUnavailable: The node failed, refused or answered garbage; nothing was learnt.
    """
    try:
        return await call
    except (SolanaRpcException, RPCException, SerdeJSONError, ValueError) as err:
        raise UpstreamUnavailable(f"the Solana RPC failed: {err!r}") from err
    except BaseException as panic:
        # The parser of answers panics on some shapes, with a type that is no Exception: a hostile
        # node must not be able to take the process down with it.
        if type(panic).__name__ != "PanicException":
            raise
        raise UpstreamUnavailable("the Solana RPC answered something unreadable") from panic
