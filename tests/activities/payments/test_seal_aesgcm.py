"""What is sealed opens for its own payment, under its own key, and for nothing else."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.payments.exchanges import SignedPayment
from activities.payments.reply_seal import seal_reply
from activities.payments.seal_aesgcm import AesGcmSealer
from domain.errors import Misconfigured, SignatureRefused
from domain.ids import PaymentKey

KEY, OTHER_KEY = PaymentKey("ab" * 32), PaymentKey("cd" * 32)
SECRET = bytes(range(32))
SIGNATURE = "5" * 88
SIGNED = SignedPayment(
    x402_version=2,
    accepted={"scheme": "exact"},
    resource=None,
    extensions={"bazaar": ["x" * 900]},
    payload={"transaction": SIGNATURE},
)


@pytest.fixture
def sealer() -> AesGcmSealer:
    return AesGcmSealer(SECRET)


def flipped(sealed: str, place: int, bit: int = 0) -> str:
    content = bytearray(base64.b64decode(sealed))
    content[place % len(content)] ^= 1 << bit
    return base64.b64encode(content).decode()


def test_a_sealed_payment_is_unreadable_and_opens_again(sealer: AesGcmSealer) -> None:
    sealed = sealer.seal(SIGNED, key=KEY)

    assert SIGNATURE.encode() not in base64.b64decode(sealed)
    assert sealer.open(sealed, key=KEY) == SIGNED
    assert sealer.seal(SIGNED, key=KEY) != sealed


def test_a_payment_opens_neither_for_another_nor_under_another_key(sealer: AesGcmSealer) -> None:
    sealed = sealer.seal(SIGNED, key=KEY)

    with pytest.raises(Misconfigured):
        sealer.open(sealed, key=OTHER_KEY)
    with pytest.raises(Misconfigured, match="restore the sealing keyfile"):
        AesGcmSealer(bytes(32)).open(sealed, key=KEY)


@pytest.mark.parametrize("broken", ["", "AAAA", "no base64!", "\u00e9"])
def test_a_broken_record_is_said_to_be_one(sealer: AesGcmSealer, broken: str) -> None:
    with pytest.raises(Misconfigured):
        sealer.open(broken, key=KEY)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_a_sealed_payment_can_be_changed(place: int, bit: int) -> None:
    sealer = AesGcmSealer(SECRET)

    with pytest.raises(Misconfigured):
        sealer.open(flipped(sealer.seal(SIGNED, key=KEY), place, bit), key=KEY)


def test_a_signature_from_outside_is_read_by_every_worker_with_the_key(
    sealer: AesGcmSealer,
) -> None:
    after_a_restart = AesGcmSealer(SECRET)
    assert after_a_restart.reply_key == sealer.reply_key

    sealed = seal_reply(SIGNATURE, reply_key=sealer.reply_key, key=KEY)

    assert SIGNATURE.encode() not in base64.b64decode(sealed)
    assert after_a_restart.open_reply(sealed, key=KEY) == SIGNATURE
    assert seal_reply(SIGNATURE, reply_key=sealer.reply_key, key=KEY) != sealed


def test_a_reply_opens_neither_for_another_payment_nor_another_installation(
    sealer: AesGcmSealer,
) -> None:
    sealed = seal_reply(SIGNATURE, reply_key=sealer.reply_key, key=KEY)

    with pytest.raises(SignatureRefused):
        sealer.open_reply(sealed, key=OTHER_KEY)
    with pytest.raises(SignatureRefused):
        AesGcmSealer(bytes(32)).open_reply(sealed, key=KEY)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_a_reply_can_be_changed(place: int, bit: int) -> None:
    sealer = AesGcmSealer(SECRET)
    sealed = seal_reply(SIGNATURE, reply_key=sealer.reply_key, key=KEY)
    # X25519 does not look at the last bit of a key, but the cipher's own key depends on it.
    with pytest.raises(SignatureRefused):
        sealer.open_reply(flipped(sealed, place, bit), key=KEY)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_reply(content: bytes) -> None:
    with pytest.raises(SignatureRefused):
        AesGcmSealer(SECRET).open_reply(base64.b64encode(content).decode(), key=KEY)


@pytest.mark.parametrize(
    "reply_key", ["", "AAAA", "no base64!", base64.b64encode(bytes(32)).decode()]
)
def test_nothing_is_sealed_to_what_is_no_key(reply_key: str) -> None:
    with pytest.raises(SignatureRefused):
        seal_reply(SIGNATURE, reply_key=reply_key, key=KEY)


def test_a_keyfile_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "sealing.key"

    with ThreadPoolExecutor(8) as together:
        made = list(together.map(lambda _: AesGcmSealer.from_keyfile(path).reply_key, range(8)))

    assert len(set(made)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["sealing.key"]


def test_a_keyfile_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    path.write_bytes(b"short")

    with pytest.raises(Misconfigured, match="must hold 32 bytes"):
        AesGcmSealer.from_keyfile(path)
