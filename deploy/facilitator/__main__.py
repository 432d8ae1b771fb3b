"""Start the facilitator as a process."""

import argparse
import logging
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from solders.keypair import Keypair
from x402.extensions.bazaar import BAZAAR
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2
from x402.mechanisms.svm.settlement_cache import SettlementCache
from x402.mechanisms.svm.signers import FacilitatorKeypairSigner

from deploy.evm.keyfile import load_or_create
from deploy.facilitator import evm, keyfile
from deploy.facilitator.app import Facilitator, build_app
from deploy.facilitator.discovery import Discovery
from deploy.facilitator.guard import RpcStatus, StrictExactSvmScheme, StrictExactSvmSchemeV1
from deploy.facilitator.indexer import Indexer
from deploy.facilitator.quality import QualityBook, load_samples
from deploy.facilitator.store import Store
from domain.chains import BASE_SEPOLIA


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def payments(pair: Keypair, rpc_url: str) -> x402FacilitatorSync:
    """Build the payment part, against one explicit node."""
    signer = FacilitatorKeypairSigner(pair, rpc_url)
    cache, status = SettlementCache(), RpcStatus(rpc_url)
    facilitator = x402FacilitatorSync()
    facilitator.register([SOLANA_DEVNET_CAIP2], StrictExactSvmScheme(signer, cache, status))
    facilitator.register_v1(["solana-devnet"], StrictExactSvmSchemeV1(signer, cache, status))
    facilitator.register_extension(BAZAAR)
    return facilitator


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.facilitator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder of the catalogue")
    parser.add_argument("--rpc-url", required=True, help="Solana JSON-RPC node")
    parser.add_argument("--keyfile", type=Path, required=True, help="the fee payer's key file")
    parser.add_argument("--evm-rpc-url", help="EVM JSON-RPC node; no EVM without it")
    parser.add_argument("--evm-network", default=BASE_SEPOLIA, help="its CAIP-2 id (%(default)s)")
    parser.add_argument("--evm-keyfile", type=Path, help="key that pays its gas, 64 hex digits")
    parser.add_argument("--index", action="append", default=[], metavar="URL", help="a seller")
    parser.add_argument("--sample-quality", type=Path, help="invented records of demo listings")
    return parser


def main() -> None:
    """Serve until told to stop."""
    parser = arguments()
    options = parser.parse_args()
    if (options.evm_rpc_url is None) != (options.evm_keyfile is None):
        parser.error("--evm-rpc-url and --evm-keyfile are given together or not at all")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    store = Store(options.state / "catalogue.sqlite")
    quality = QualityBook(store, load_samples(options.sample_quality), now())
    settling = payments(keyfile.load(options.keyfile), options.rpc_url)
    if options.evm_rpc_url is not None:
        evm.register_evm(
            settling,
            account=load_or_create(options.evm_keyfile),
            rpc_url=options.evm_rpc_url,
            network=options.evm_network,
        )
    parts = Facilitator(
        payments=settling,
        store=store,
        discovery=Discovery(store, quality),
        indexer=Indexer(store, options.index, now),
        clock=now,
    )
    uvicorn.run(build_app(parts), host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
