"""Numbers are read as people write them."""

import pytest

from domain.quantities import numbers_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,250.50 euros", 1250.5),
        ("a wage of 62k", 62_000),
        ("3k euros of debt", 3_000),
        ("£4k", 4_000),
        ("$2m", 2_000_000),
        ("1.2m yen", 1_200_000),
        ("1.5 million pesos", 1_500_000),
        ("48.000 € a year", 48_000),
        ("€1.459 a litre", 1.459),
        ("a 5 m rope", 5),
        ("a 1.5m rope", 1.5),
        ("12 rooms", 12),
    ],
)
def test_zeros_may_be_said_by_a_letter_a_word_or_points(text: str, value: float) -> None:
    (found,) = numbers_in(text)

    assert found.value == value
