"""What must not be readable anywhere: keys, and payments that somebody could send."""

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from solders.keypair import Keypair

_TELLING: Final = 24
"""Leading characters of a secret that cannot be there by chance."""


def forms(name: str, secret: bytes) -> dict[str, bytes]:
    """The ways in which a key may be written."""
    text = base64.b64encode(secret).rstrip(b"=")
    return {
        f"{name}, bytes": secret[:_TELLING],
        f"{name}, base64": text[:-2],
        f"{name}, hex": secret.hex().encode(),
        f"{name}, numbers": json.dumps(list(secret), separators=(",", ":"))[1:60].encode(),
        f"{name}, spaced numbers": json.dumps(list(secret))[1:60].encode(),
    }


def secrets_of(folder: Path) -> dict[str, bytes]:
    """Every key that a yard holds."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.glob("*.json")):
        pair = Keypair.from_json(path.read_text())
        found |= forms(path.name, bytes(pair)[:32]) | {
            f"{path.name}, base58": str(pair).encode()[:60]
        }
    for path in sorted(folder.glob("*.key")):
        content = path.read_bytes()
        is_text = content.isascii()
        found |= forms(path.name, bytes.fromhex(content.decode()) if is_text else content)
    return found


def leaks(secrets: Mapping[str, bytes], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Name every secret that stands in a place, with the place."""
    return [
        f"{name} stands in {place}"
        for place, content in places
        for name, secret in secrets.items()
        if secret in content
    ]


def files_under(folder: Path, *, but: frozenset[str]) -> Iterable[tuple[str, bytes]]:
    """Every file of a folder but those that hold keys by design."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in but and path.parent.name != "keys":
            yield str(path.relative_to(folder)), path.read_bytes()
