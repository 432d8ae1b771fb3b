"""Base58 in Bitcoin's alphabet, which Solana uses for keys, signatures and instruction data."""

from typing import Final

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE_OF: Final = {letter: value for value, letter in enumerate(_ALPHABET)}


def b58encode(data: bytes) -> str:
    """Encode bytes; leading zero bytes become leading ones."""
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits))


def b58decode(text: str) -> bytes:
    """Decode text.

    Raises:
        ValueError: A character is not in the alphabet.
    """
    number = 0
    for letter in text:
        if letter not in _VALUE_OF:
            raise ValueError(f"{letter!r} is not a base58 character")
        number = number * 58 + _VALUE_OF[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
