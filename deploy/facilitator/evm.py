"""Settlement on one EVM network, next to Solana's."""

from typing import Any

from eth_account.signers.local import LocalAccount
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.evm.batch_settlement.authorizer_signer import LocalAuthorizerSigner
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS
from x402.mechanisms.evm.batch_settlement.facilitator import BatchSettlementEvmFacilitator
from x402.mechanisms.evm.batch_settlement.types import is_deposit_payload, is_refund_payload
from x402.mechanisms.evm.exact.facilitator import ExactEvmScheme
from x402.mechanisms.evm.exact.v1.facilitator import ExactEvmSchemeV1
from x402.mechanisms.evm.upto.facilitator import UptoEvmScheme
from x402.mechanisms.evm.utils import get_evm_chain_id
from x402.mechanisms.evm.v1.constants import V1_NETWORK_CHAIN_IDS
from x402.schemas import SettleResponse

from deploy.facilitator.evm_guard import GuardedScheme, Transfer, payer_of
from deploy.facilitator.evm_signer import CarefulSigner


def register_evm(
    facilitator: x402FacilitatorSync, *, account: LocalAccount, rpc_url: str, network: str
) -> CarefulSigner:
    """Verify and settle ``exact``, ``upto`` and ``batch-settlement`` on ``network``.

    Returns:
        Who sends the transactions; to be closed.
    """
    signer = CarefulSigner(account, rpc_url)
    for scheme in (exact(signer), upto(signer), channels(signer, account)):
        facilitator.register([network], scheme)
    chain_id = get_evm_chain_id(network)
    former = [name for name, number in V1_NETWORK_CHAIN_IDS.items() if number == chain_id]
    if former:
        facilitator.register_v1(former, exact_v1(signer))
    return signer


def exact(signer: CarefulSigner) -> Any:  # noqa: ANN401 - the package's protocol, by its shape
    """Version 2 of ``exact``."""
    return GuardedScheme(
        lambda via, store: ExactEvmScheme(via, pending_store=store),
        signer,
        expect=paid,
        resumes=lambda _payload: True,
    )


def exact_v1(signer: CarefulSigner) -> Any:  # noqa: ANN401 - the package's protocol, by its shape
    """Version 1 of ``exact``, which forgets what it sent when a receipt is lost."""
    return GuardedScheme(
        lambda via, _store: ExactEvmSchemeV1(via),
        signer,
        expect=paid,
        resumes=lambda _payload: False,
    )


def upto(signer: CarefulSigner) -> Any:  # noqa: ANN401 - the package's protocol, by its shape
    """A maximum, of which the seller charges what it likes."""
    return GuardedScheme(
        lambda via, store: UptoEvmScheme(via, pending_store=store),
        signer,
        expect=paid,
        resumes=lambda _payload: True,
    )


def channels(signer: CarefulSigner, account: LocalAccount) -> Any:  # noqa: ANN401 - as above
    """Vouchers on a deposit; this key lets sellers claim and give back."""
    return GuardedScheme(
        lambda via, store: BatchSettlementEvmFacilitator(
            via, authorizer_signer=LocalAuthorizerSigner(account), pending_store=store
        ),
        signer,
        expect=moved_on_channel,
        resumes=is_deposit_payload,
    )


def paid(payload: dict[str, Any], requirements: Any, _claimed: SettleResponse | None) -> Transfer:  # noqa: ANN401 - of either version
    """From the payer to the seller, the amount that is settled."""
    amount = getattr(requirements, "amount", None) or requirements.max_amount_required
    return Transfer(
        token=requirements.asset,
        sender=payer_of(payload),
        receiver=requirements.pay_to,
        base_units=int(amount),
    )


def moved_on_channel(
    payload: dict[str, Any],
    requirements: Any,  # noqa: ANN401 - of either version
    claimed: SettleResponse | None,
) -> Transfer | None:
    """A deposit reaches the contract, a refund leaves it; a claim only moves figures."""
    token = requirements.asset
    if is_deposit_payload(payload):
        amount = int(payload["deposit"]["amount"])
        contract = BATCH_SETTLEMENT_ADDRESS
        return Transfer(token=token, sender=None, receiver=contract, base_units=amount)
    if is_refund_payload(payload):
        said = claimed.amount if claimed is not None else None
        return Transfer(
            token=token,
            sender=BATCH_SETTLEMENT_ADDRESS,
            receiver=payer_of(payload),
            base_units=int(said or payload["amount"]),
        )
    return None
