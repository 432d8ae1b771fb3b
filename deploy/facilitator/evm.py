"""Settlement on one EVM network, next to Solana's."""

from eth_account.signers.local import LocalAccount
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.evm.batch_settlement.authorizer_signer import LocalAuthorizerSigner
from x402.mechanisms.evm.batch_settlement.facilitator import BatchSettlementEvmFacilitator
from x402.mechanisms.evm.exact.register import register_exact_evm_facilitator
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.mechanisms.evm.upto.facilitator import UptoEvmScheme


def register_evm(
    facilitator: x402FacilitatorSync, *, account: LocalAccount, rpc_url: str, network: str
) -> None:
    """Verify and settle ``exact``, ``upto`` and ``batch-settlement`` on ``network``.

    Each of the package's schemes waits for the transaction's receipt and reads its status, so a
    success here is one; what it cannot tell yet it calls pending.
    """
    signer = FacilitatorWeb3Signer("0x" + account.key.hex(), rpc_url)
    register_exact_evm_facilitator(facilitator, signer, networks=network)
    facilitator.register([network], UptoEvmScheme(signer))
    authorizer = LocalAuthorizerSigner(account)
    channels = BatchSettlementEvmFacilitator(signer, authorizer_signer=authorizer)
    facilitator.register([network], channels)
