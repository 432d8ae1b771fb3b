"""Signatures from wherever are taken only when they are the payer's, over exactly this."""

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.constants import SECPK1_N

from activities.payments.evm.keyfile import EvmKeyfileSigner
from activities.payments.evm.signing import digest_of
from domain.errors import Misconfigured, SignatureRefused
from domain.ids import PaymentKey
from tests.activities.payments.evm.bench import KEY, OTHER, PAYER, Bench, SellersSide, low

DIGITS = "51" * 32


async def signature(bench: Bench) -> tuple[str, str]:
    unsigned = await bench.unsigned()
    return unsigned.message, await bench.signer.sign(unsigned.message, key=KEY)


async def test_a_wallet_outside_signs_the_typed_data_as_it_stands(
    bench: Bench, sellers: SellersSide
) -> None:
    unsigned = await bench.unsigned()
    theirs = Account.sign_typed_data(PAYER.key, full_message=json.loads(unsigned.message))

    signed = bench.rail.attach(unsigned, "0x" + theirs.signature.hex())

    assert (await sellers.verify(signed)).is_valid


async def test_a_wallet_that_counts_from_zero_is_understood(
    bench: Bench, sellers: SellersSide
) -> None:
    unsigned = await bench.unsigned()
    usual = await bench.signer.sign(unsigned.message, key=KEY)
    from_zero = usual[:-2] + f"{int(usual[-2:], 16) - 27:02x}"

    signed = bench.rail.attach(unsigned, from_zero)

    assert signed.payload["signature"] == usual
    assert (await sellers.settle(signed)).success


@pytest.mark.parametrize(
    "bad",
    ["", "0x", "0x12", "zz" * 66, "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "11" * 64 + "1b"],
)
async def test_what_is_no_signature_is_refused(bench: Bench, bad: str) -> None:
    unsigned = await bench.unsigned()

    with pytest.raises(SignatureRefused):
        bench.rail.attach(unsigned, bad)


async def test_another_wallets_signature_is_refused(bench: Bench) -> None:
    unsigned = await bench.unsigned()
    theirs = await EvmKeyfileSigner(OTHER).sign(unsigned.message, key=KEY)

    with pytest.raises(SignatureRefused, match=low(PAYER)):
        bench.rail.attach(unsigned, theirs)


async def test_a_signature_of_other_terms_is_refused(bench: Bench) -> None:
    dearer = await bench.unsigned(base_units=500_000)
    unsigned = await bench.unsigned()
    theirs = await bench.signer.sign(dearer.message, key=KEY)

    with pytest.raises(SignatureRefused):
        bench.rail.attach(unsigned, theirs)


async def test_typed_data_that_is_not_what_it_will_be_found_by_is_refused(bench: Bench) -> None:
    dearer = await bench.unsigned(base_units=500_000)
    unsigned = (await bench.unsigned()).model_copy(update={"message": dearer.message})
    theirs = await bench.signer.sign(dearer.message, key=KEY)

    with pytest.raises(SignatureRefused, match="found by"):
        bench.rail.attach(unsigned, theirs)


async def test_the_second_form_of_a_signature_is_refused_as_tokens_do(bench: Bench) -> None:
    unsigned = await bench.unsigned()
    usual = bytes.fromhex((await bench.signer.sign(unsigned.message, key=KEY))[2:])
    high = SECPK1_N - int.from_bytes(usual[32:64])
    second = usual[:32] + high.to_bytes(32) + bytes([55 - usual[64]])

    with pytest.raises(SignatureRefused, match="second form"):
        bench.rail.attach(unsigned, "0x" + second.hex())


async def test_the_digest_names_what_is_signed_and_nothing_else(bench: Bench) -> None:
    one = (await bench.unsigned()).message
    other = (await bench.unsigned(base_units=1)).message
    reordered = json.dumps(dict(reversed(list(json.loads(one).items()))))

    assert digest_of(one) == digest_of(reordered)
    assert digest_of(one) != digest_of(other)


@pytest.mark.parametrize("text", [DIGITS, "0x" + DIGITS, DIGITS.upper() + "\n"])
def test_a_keyfile_is_read_in_every_usual_form(tmp_path: Path, text: str) -> None:
    path = _keyfile(tmp_path, text)

    assert EvmKeyfileSigner.from_keyfile(path).address == low(PAYER)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_keyfile_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = _keyfile(tmp_path, DIGITS, mode)

    with pytest.raises(Misconfigured, match="chmod 600"):
        EvmKeyfileSigner.from_keyfile(path)


@pytest.mark.parametrize(
    "text", ["", "xyz5", DIGITS + "51", "zz" * 32, "00" * 32, "ff" * 32, "é" * 64]
)
def test_a_file_that_holds_no_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = _keyfile(tmp_path, text)

    with pytest.raises(Misconfigured) as refused:
        EvmKeyfileSigner.from_keyfile(path)

    assert not text or text not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_missing_keyfile_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="absent"):
        EvmKeyfileSigner.from_keyfile(tmp_path / "absent")


async def test_text_is_signed_as_a_personal_message() -> None:
    signature = await EvmKeyfileSigner(PAYER).sign_text("example.com wants you to sign in")

    message = encode_defunct(text="example.com wants you to sign in")
    assert Account.recover_message(message, signature=signature) == PAYER.address


async def test_what_is_no_typed_data_is_not_signed() -> None:
    with pytest.raises(SignatureRefused):
        await EvmKeyfileSigner(PAYER).sign('{"types": {}}', key=PaymentKey("00" * 32))


def _keyfile(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "evm.key"
    path.write_text(text)
    path.chmod(mode)
    return path
