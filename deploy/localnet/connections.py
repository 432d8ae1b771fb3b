"""Cutting a connection in the middle of a request, which HTTP frameworks have no word for."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol


class CuttableProtocol(H11Protocol):
    """An HTTP connection that can be found by its client's address, and cut."""

    _transports: ClassVar[dict[tuple[str, int], asyncio.Transport]] = {}

    def connection_made(  # type: ignore[override]  # uvicorn narrows the argument the same way
        self, transport: asyncio.Transport
    ) -> None:
        """Remember the connection by the address requests will carry."""
        super().connection_made(transport)
        if self.client is not None:
            self._transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self.client is not None:
            self._transports.pop(self.client, None)
        super().connection_lost(exc)

    @classmethod
    def cut(cls, client: tuple[str, int]) -> None:
        """Close a client's connection at once, unsent data and all."""
        transport = cls._transports.get(client)
        if transport is not None:
            transport.abort()
