"""Checking passwords, addresses and bytes."""

import hashlib
import math
import re
from typing import Final, Literal

from pydantic import Field

from deploy.services.listing import Listing
from deploy.services.vocabulary import Text, Words

COMMON: Final = frozenset(
    {
        "password",
        "123456",
        "12345678",
        "qwerty",
        "letmein",
        "admin",
        "welcome",
        "iloveyou",
        "monkey",
        "dragon",
    }
)
"""A few of the passwords tried first."""

CLASSES: Final = ((r"[a-z]", 26), (r"[A-Z]", 26), (r"\d", 10), (r"[^a-zA-Z\d]", 33))
"""Kinds of characters and how many there are of each."""

STRONG_BITS: Final = 70
"""Beyond offline guessing for years."""

WEAK_BITS: Final = 40
"""Within reach of one machine."""

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9.-]{1,253})")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


class PasswordInput(Words):
    """A password that is not in use."""

    password: str = Field(min_length=1, max_length=200, description="Never send one in use.")


class PasswordOutput(Words):
    """How hard a password is to guess."""

    bits: float
    strength: Literal["weak", "fair", "strong"]
    advice: list[str]


def password(request: PasswordInput) -> PasswordOutput:
    """Estimate guesses from length and kinds of characters; repeats count less."""
    text = request.password
    alphabet = sum(size for pattern, size in CLASSES if re.search(pattern, text))
    effective = min(len(text), 2 * len(set(text)))
    bits = 0.0 if text.lower() in COMMON else effective * math.log2(max(alphabet, 2))
    advice = []
    if text.lower() in COMMON:
        advice.append("This is among the first passwords anybody tries.")
    if len(text) < 12:  # noqa: PLR2004 - a common minimum
        advice.append("Use at least 12 characters.")
    if len(set(text)) * 2 < len(text):
        advice.append("Repeat fewer characters.")
    strength = "strong" if bits >= STRONG_BITS else "fair" if bits >= WEAK_BITS else "weak"
    return PasswordOutput.model_validate(
        {"bits": round(bits, 1), "strength": strength, "advice": advice}
    )


class EmailInput(Words):
    """An address."""

    email: str = Field(min_length=3, max_length=320, description="E-mail address.")


class EmailOutput(Words):
    """Whether an address is well formed."""

    valid: bool
    domain: str | None
    reason: str | None


def email(request: EmailInput) -> EmailOutput:
    """Check the syntax only; nothing is sent and nothing looked up."""
    match = _EMAIL.fullmatch(request.email)
    if match is None:
        return EmailOutput(valid=False, domain=None, reason="not of the form name@domain")
    labels = match[1].split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - name and top level
        return EmailOutput(valid=False, domain=match[1], reason="the domain is malformed")
    local = request.email.split("@")[0]
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return EmailOutput(valid=False, domain=match[1], reason="a misplaced dot before the @")
    return EmailOutput(valid=True, domain=match[1].lower(), reason=None)


class HashInput(Words):
    """A text to hash."""

    text: Text
    algorithm: Literal["sha256", "sha512", "sha3_256", "blake2b"] = Field(
        "sha256", description="Hash function."
    )


class HashOutput(Words):
    """A checksum."""

    checksum: str
    algorithm: str


def checksum(request: HashInput) -> HashOutput:
    """Hash the text's UTF-8 bytes."""
    digest = hashlib.new(request.algorithm, request.text.encode()).hexdigest()
    return HashOutput(checksum=digest, algorithm=request.algorithm)


LISTINGS: Final = (
    Listing(
        path="/checks/password",
        name="Gridworks Password Strength",
        description="Estimates the strength of a password and says how to improve it.",
        tags=("password", "security", "validation"),
        price="0.002",
        seller="gridworks",
        takes=PasswordInput,
        run=password,
        gives=PasswordOutput,
        example={"password": "correct horse battery"},
    ),
    Listing(
        path="/checks/email",
        name="Gridworks Email Check",
        description="Validates the syntax of an e-mail address.",
        tags=("email", "validation"),
        price="0.001",
        seller="gridworks",
        takes=EmailInput,
        run=email,
        gives=EmailOutput,
        example={"email": "ana@example.com"},
    ),
    Listing(
        path="/checks/checksum",
        name="Gridworks Checksum",
        description="Computes the SHA-256, SHA-512, SHA3 or BLAKE2 checksum of a text.",
        tags=("hash", "checksum", "sha256"),
        price="0.001",
        seller="gridworks",
        takes=HashInput,
        run=checksum,
        gives=HashOutput,
        example={"text": "caravan"},
    ),
)
