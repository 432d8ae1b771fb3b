"""Who has money before the first payment: a JSON file, carried out once for each address."""

from pathlib import Path
from typing import Annotated, Final

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from x402.mechanisms.evm.constants import MULTICALL3_ADDRESS

from deploy.evm.contracts import LocalEvm

_SETUP_WEI: Final = 10**18
"""What an address holds while it is set up; a buyer keeps next to nothing, as it pays no gas."""

_MAX_GRANT: Final = 2**96
"""Base units or wei one row may grant; far from any overflow."""

_DONE: Final = "0x" + "0" * 63 + "1"


class GenesisInvalid(ValueError):
    """The genesis file does not say who is funded with what."""


class Grant(BaseModel):
    """What one address is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[str, AfterValidator(to_checksum_address)]
    usdc_base_units: int = Field(default=0, ge=0, le=_MAX_GRANT)
    wei: int = Field(default=1, ge=0, le=_MAX_GRANT)


class _Genesis(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    accounts: tuple[Grant, ...]


def read_genesis(path: Path) -> tuple[Grant, ...]:
    """Read who is to be funded.

    Raises:
        GenesisInvalid: The file is not there, or something in it makes no sense.
    """
    try:
        return _Genesis.model_validate_json(path.read_bytes()).accounts
    except (OSError, ValidationError) as err:
        raise GenesisInvalid(f"{path}: {err}") from err


def fund(local: LocalEvm, grants: tuple[Grant, ...]) -> None:
    """Carry out every grant that was not carried out before, whatever has been spent since.

    Broken off and begun anew, it gives the same as in one go: an address is brought up to its
    grant, and marked at the very end.
    """
    for grant in grants:
        mark = "0x" + keccak(text=f"caravan/genesis/{grant.address}").hex()
        # Kept in a contract's storage: that is saved and lost together with the money.
        if int(local.ask("eth_getStorageAt", MULTICALL3_ADDRESS, mark, "latest"), 16):
            continue
        missing = max(grant.usdc_base_units - local.balance(grant.address), 0)
        local.fund(grant.address, base_units=missing, wei=_SETUP_WEI)
        if grant.usdc_base_units:
            local.approve_permit2(grant.address)
        local.fund(grant.address, wei=max(grant.wei, 1))
        local.ask("anvil_setStorageAt", MULTICALL3_ADDRESS, mark, _DONE)
