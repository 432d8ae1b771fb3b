"""Assets and exact amounts: integers in base units, never floats."""

import re
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field

BaseUnits = Annotated[int, Field(ge=0, strict=True)]
"""Count of an asset's smallest unit, such as 1e-6 USDC."""

_DECIMAL: Final = re.compile(r"(?P<whole>\d{1,20})(\.(?P<fraction>\d{1,18}))?", re.ASCII)


class Asset(BaseModel):
    """A token on one network."""

    model_config = ConfigDict(frozen=True)

    symbol: str
    network: str
    """CAIP-2 id of the network."""
    address: str
    """Mint (Solana) or contract (EVM)."""
    decimals: int = Field(ge=0, le=18)


class Amount(BaseModel):
    """A quantity of one asset. Arithmetic across assets is a programming error."""

    model_config = ConfigDict(frozen=True)

    asset: Asset
    base_units: BaseUnits

    @classmethod
    def zero(cls, asset: Asset) -> Self:
        """Nothing, of ``asset``."""
        return cls(asset=asset, base_units=0)

    @classmethod
    def from_decimal(cls, text: str, asset: Asset) -> Self:
        """Parse a human amount exactly.

        Args:
            text: Plain decimal notation in whole tokens, such as ``"1.25"``.
            asset: The asset that fixes the scale.

        Raises:
            ValueError: ``text`` is not a plain non-negative decimal, or has more fractional
                digits than ``asset.decimals``.
        """
        match = _DECIMAL.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not an amount; write it like 1.25")
        fraction = match["fraction"] or ""
        if len(fraction.rstrip("0")) > asset.decimals:
            raise ValueError(f"{text!r} has more than {asset.decimals} digits after the point")
        padded = fraction[: asset.decimals].ljust(asset.decimals, "0")
        return cls(asset=asset, base_units=int(match["whole"] + padded))

    def to_decimal(self) -> str:
        """Write the amount in whole tokens with at least two fractional digits: ``"3.55"``."""
        # Not Decimal: its default context rounds what has more than 28 digits.
        whole, fraction = divmod(self.base_units, 10**self.asset.decimals)
        digits = str(fraction).rjust(self.asset.decimals, "0").rstrip("0")
        return f"{whole}.{digits.ljust(2, '0')}"

    def valued_in(self, asset: Asset) -> "Amount":
        """The same value in the same token of another network: one budget, several chains.

        Raises:
            ValueError: The tokens are not the same one.
        """
        if (self.asset.symbol, self.asset.decimals) != (asset.symbol, asset.decimals):
            raise ValueError(f"{self.asset.symbol} has no fixed value in {asset.symbol}")
        return Amount(asset=asset, base_units=self.base_units)

    def __str__(self) -> str:
        return f"{self.to_decimal()} {self.asset.symbol}"

    def __add__(self, other: "Amount") -> "Amount":
        return self._with(self.base_units + self._units_of(other))

    def __sub__(self, other: "Amount") -> "Amount":
        return self._with(self.base_units - self._units_of(other))

    def __mul__(self, times: int) -> "Amount":
        return self._with(self.base_units * times)

    def __lt__(self, other: "Amount") -> bool:
        return self.base_units < self._units_of(other)

    def __le__(self, other: "Amount") -> bool:
        return self.base_units <= self._units_of(other)

    def __gt__(self, other: "Amount") -> bool:
        return self.base_units > self._units_of(other)

    def __ge__(self, other: "Amount") -> bool:
        return self.base_units >= self._units_of(other)

    def _with(self, base_units: int) -> "Amount":
        if base_units < 0:
            raise ValueError(f"an amount of {self.asset.symbol} cannot fall below zero")
        return Amount(asset=self.asset, base_units=base_units)

    def _units_of(self, other: "Amount") -> int:
        if other.asset != self.asset:
            raise ValueError(f"cannot mix {self.asset.symbol} with {other.asset.symbol}")
        return other.base_units


def total(amounts: "list[Amount]", asset: Asset) -> Amount:
    """Add up ``amounts``, each at its value in ``asset``; zero when there are none."""
    return sum((amount.valued_in(asset) for amount in amounts), Amount.zero(asset))
