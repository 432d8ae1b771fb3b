"""Meanings as arrays: a search compares hundreds of them, each of hundreds of numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activities.discovery.ports import Vector

Meaning = NDArray[np.float32]
"""A vector as it is kept in memory; of length 1."""

Likeness = NDArray[np.float64]


def meaning_of(vector: Vector) -> Meaning:
    """Pack a vector: 4 bytes for each number, where a tuple takes 32."""
    return np.array(vector, dtype=np.float32)


def vector_of(meaning: Meaning) -> Vector:
    """Unpack a vector to ask an index with it."""
    return tuple(meaning.tolist())


def cosines(meanings: Sequence[Meaning], vector: Vector | Meaning) -> list[float]:
    """How like one meaning each of the others is."""
    if not meanings:
        return []
    alike: Likeness = np.array(meanings, dtype=np.float64) * np.asarray(vector, dtype=np.float64)
    # Row by row, not as a product of matrices: equal rows must come out equal to the last digit.
    found: list[float] = alike.sum(axis=1).tolist()
    return found


def among(meanings: Sequence[Meaning]) -> Meaning:
    """How like each other meanings are, as a square."""
    rows = np.array(meanings)
    # Not a product of matrices, which takes threads of its own and waits for a busy core.
    square: Meaning = np.einsum("ik,jk->ij", rows, rows)
    return square
