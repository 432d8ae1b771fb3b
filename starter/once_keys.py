"""Keys from the environment as files that nobody else can read."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from solders.keypair import Keypair

from domain.errors import Misconfigured

_HEX_KEY: Final = re.compile("(0x)?(?P<digits>[0-9a-fA-F]{64})")

_FOLDER: Final = "keys"
_SVM: Final = "payer.json"
_EVM: Final = "evm-payer.key"


def write_keys(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Write the keys that are set and return the settings that name their files.

    Raises:
        Misconfigured: A variable holds no key, or none is set.
    """
    keys = folder / _FOLDER
    keys.mkdir(mode=0o700)
    svm, evm = environ.get("SVM_PRIVATE_KEY"), environ.get("EVM_PRIVATE_KEY")
    if not svm and not evm:
        raise Misconfigured("neither SVM_PRIVATE_KEY nor EVM_PRIVATE_KEY is set")
    # A worker always has a Solana wallet; without a key of theirs it is a new one, which is empty.
    key = _svm_key(svm) if svm else bytes(Keypair())
    _write(keys / _SVM, json.dumps(list(key)))
    settings = {"CARAVAN_PAYER_KEYFILE": str(keys / _SVM)}
    if evm:
        found = _HEX_KEY.fullmatch(evm.strip())
        if found is None:
            raise Misconfigured("EVM_PRIVATE_KEY does not hold 64 hexadecimal digits")
        _write(keys / _EVM, found["digits"])
        settings["CARAVAN_EVM_PAYER_KEYFILE"] = str(keys / _EVM)
    return settings


def forget_keys(folder: Path) -> None:
    """Delete the files again; repeatable."""
    for name in (_SVM, _EVM):
        (folder / _FOLDER / name).unlink(missing_ok=True)


def _svm_key(text: str) -> bytes:
    try:
        return bytes(Keypair.from_base58_string(text.strip()))
    except BaseException as err:
        if not isinstance(err, Exception) and type(err).__name__ != "PanicException":
            raise
    # Outside of the handler, so that nothing that quotes the key is kept as a cause.
    raise Misconfigured("SVM_PRIVATE_KEY is not a base58 key of 64 bytes")


def _write(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
