"""A wallet signs what was approved, byte for byte, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from activities.payments.reply_seal import open_reply
from domain.errors import Misconfigured
from domain.ids import Digest, RequestId
from domain.payments import SignatureRequest
from domain.purchases import AttachSignature
from domain.runs import RunSnapshot, RunState
from starter.own_wallet import OwnWallet
from starter.signing import Consent, Cosigner, message_problem
from tests.starter import samples, wallets

KEY = samples.key("volume")
DOCUMENT = samples.approval_request(wallet=wallets.ADDRESS)


class Door:
    """Takes signatures."""

    def __init__(self) -> None:
        self.taken: list[AttachSignature] = []

    async def sign(self, run: RequestId, signature: AttachSignature) -> None:
        assert run == samples.RUN
        self.taken.append(signature)


def snapshot(*wanted: SignatureRequest, **changes: Any) -> RunSnapshot:
    base = RunSnapshot(
        report=samples.report(state=RunState.AWAITING_SIGNATURE, spent=samples.usdc("0")),
        plan=samples.PLAN,
        approval_request=DOCUMENT,
        approval=samples.approval(DOCUMENT),
        signature_requests=wanted,
    )
    return base.model_copy(update=changes)


def wanted(**changes: Any) -> SignatureRequest:
    return wallets.request(samples.VOLUME, key=KEY).model_copy(update=changes)


def problem(
    request: SignatureRequest,
    *,
    consent: Consent | None = None,
    wallet: str = wallets.ADDRESS,
    **changes: Any,
) -> str:
    allowed = Consent(documents={DOCUMENT.digest}) if consent is None else consent
    found = message_problem(request, snapshot(request, **changes), wallet=wallet, consent=allowed)
    return found or ""


async def test_what_was_approved_is_signed_once_and_sealed_to_its_payment(tmp_path: Path) -> None:
    door: Any = Door()
    wallet = OwnWallet.from_file(wallets.keyfile(tmp_path))
    cosigner = Cosigner(wallet, Consent(documents={DOCUMENT.digest}))
    seen = snapshot(wanted())

    words = await cosigner.sign_all(door, seen)
    again = await cosigner.sign_all(door, seen)

    (reply,) = door.taken
    desk = wallets.PaymentsDesk(asked={KEY: wanted()})
    assert desk.attach(reply).key == KEY
    assert words == ["Signed 0.10 USDC to GmaDrppB..juAEGB for POST https://dex-volume.example/x"]
    assert again == []
    assert cosigner.waiting(seen) == ()
    signature = open_reply(reply.sealed_signature, private=wallets.REPLIES, key=KEY)
    assert signature not in reply.model_dump_json()


async def test_a_message_that_pays_a_thief_is_refused_and_never_asked_again(
    tmp_path: Path,
) -> None:
    door: Any = Door()
    wallet = OwnWallet.from_file(wallets.keyfile(tmp_path))
    cosigner = Cosigner(wallet, Consent(documents={DOCUMENT.digest}))
    thief = wallets.request(samples.VOLUME, key=KEY, pay_to=samples.FACILITATOR)

    (words,) = await cosigner.sign_all(door, snapshot(thief))

    assert words.startswith("NOT signed")
    assert "not the approved payee's" in words
    assert door.taken == []
    assert cosigner.waiting(snapshot(thief)) == ()
    assert len(cosigner.refused) == 1


def test_each_obligation_is_its_own_refusal() -> None:
    dearer = wallets.request(samples.VOLUME, key=KEY, more=1)
    foreign = wallets.request(samples.VOLUME, key=KEY, payer=samples.SELLER)

    assert problem(wanted()) == ""
    assert "not this wallet" in problem(wanted(), wallet=samples.SELLER)
    assert "is not in the approved plan" in problem(wanted(listing_id="POST https://x.example/"))
    assert "approved was" in problem(wanted(pay_to=samples.FACILITATOR))
    assert "approved was 0.10 USDC" in problem(wanted(amount=samples.usdc("0.11")))
    assert "approved were 100000" in problem(dearer)
    assert "is no message" in problem(wanted(message="%%%"))
    assert "not the one that the payment's evidence names" in problem(
        wanted(message=wallets.request(samples.TREND, key=KEY).message)
    )
    assert "not this wallet" in problem(foreign.model_copy(update={"payer": wallets.ADDRESS}))


def test_a_message_of_less_than_it_says_is_not_signed_either() -> None:
    assert "it moves 100000 base units" in problem(wanted(amount=samples.usdc("0.09")))


def test_nothing_is_signed_above_the_cap_with_what_was_spent_before() -> None:
    spent = samples.report(state=RunState.AWAITING_SIGNATURE, spent=samples.usdc("0.75"))

    assert "approved were 0.80 USDC" in problem(wanted(), report=spent)


def test_nothing_is_signed_for_what_was_not_approved_here() -> None:
    elsewhere = Consent(documents={Digest("0" * 64)})
    rejected = samples.approval(DOCUMENT)
    rejected = rejected.model_copy(
        update={"decision": rejected.decision.model_copy(update={"verdict": "reject"})}
    )
    renewed = samples.approval_request(wallet=wallets.ADDRESS, round=2)

    assert "was not approved" in problem(wanted(), consent=elsewhere)
    assert "was not approved" in problem(wanted(), approval=None)
    assert "was not approved" in problem(wanted(), approval=rejected)
    assert "was not approved" in problem(wanted(), approval_request=renewed)
    assert "is not the approved one" in problem(wanted(), plan=None)


def test_an_approval_for_the_installations_money_does_not_open_a_persons_wallet() -> None:
    document = samples.approval_request(wallet="Installation")

    found = problem(
        wanted(),
        consent=Consent(),
        approval_request=document,
        approval=samples.approval(document),
    )

    assert "the approval names Installation" in found


def test_a_call_is_signed_up_to_the_maximum_that_was_named_for_it() -> None:
    call = samples.approval_request(wallet=wallets.ADDRESS, request_id="buy-x")

    def signed(maximum: str) -> str:
        consent = Consent(documents=set(), up_to=samples.usdc(maximum))
        return problem(wanted(), consent=consent, approval_request=call, approval=None)

    assert signed("0.80") == ""
    assert "was not approved" in signed("0.79")


def test_a_file_that_is_no_wallet_is_named_without_what_it_holds(tmp_path: Path) -> None:
    secret = tmp_path / "notes.json"
    for content in ('"my secret"', "[1, 2, 3]", "not json", "[" + ", ".join(["256"] * 64) + "]"):
        secret.write_text(content)
        with pytest.raises(Misconfigured, match="is not a solana-keygen keyfile") as refused:
            OwnWallet.from_file(secret)
        assert content not in str(refused.value)
        assert refused.value.__cause__ is None
    with pytest.raises(Misconfigured, match="cannot be read"):
        OwnWallet.from_file(tmp_path / "nowhere.json")


def test_a_wallet_that_others_may_read_is_known_as_such(tmp_path: Path) -> None:
    open_wallet = OwnWallet.from_file(wallets.keyfile(tmp_path, mode=0o644))

    assert open_wallet.exposed
    assert not OwnWallet.from_file(wallets.keyfile(tmp_path)).exposed
    assert repr(open_wallet) == f"OwnWallet({wallets.ADDRESS})"
