"""Start the demo sellers as a process."""

import argparse
import logging
import time
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from deploy.evm.keyfile import load_or_create
from deploy.services import catalogue, evm_shop, evm_wallets, shop
from deploy.services.answer_book import AnswerBook
from deploy.services.chain import Chain
from deploy.services.evm_chain import EvmChain
from deploy.services.evm_channels import CLAIM_SECONDS, ChannelStore, Claimer
from deploy.services.evm_terms import EvmSide
from deploy.services.misbehaving import app as misbehaving
from deploy.services.misbehaving import kinds
from deploy.services.refunds import Journal, RefundDesk
from deploy.services.shop import Shop
from deploy.services.wallets import open_wallets
from domain.chains import BASE_SEPOLIA


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.services", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder of the refund journal")
    parser.add_argument("--rpc-url", required=True, help="Solana JSON-RPC node")
    parser.add_argument("--facilitator", required=True, help="URL of the facilitator")
    parser.add_argument("--keys", type=Path, required=True, help="folder of seller-*.json")
    parser.add_argument("--evm", action="store_true", help="add the sellers on the EVM network")
    parser.add_argument("--evm-rpc-url", help="EVM JSON-RPC node: all may be paid and refund there")
    parser.add_argument("--evm-network", default=BASE_SEPOLIA, help="its CAIP-2 id (%(default)s)")
    parser.add_argument(
        "--evm-keys", type=Path, help="folder of seller*-evm.key; --keys without it"
    )
    parser.add_argument("--evm-claim-seconds", type=float, default=CLAIM_SECONDS, metavar="N")
    parser.add_argument("--misbehaving", action="store_true", help="sell badly, for tests")
    parser.add_argument(
        "--bad-listings",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="list the bazaar's bad services beside the honest ones (%(default)s)",
    )
    parser.add_argument("--public-url", help="root under which buyers reach this process")
    return parser


def application(options: argparse.Namespace) -> ASGIApp:
    """Wire one process's sellers."""
    bad: bool = options.misbehaving
    suffix = "-misbehaving" if bad else ""
    names = kinds.WALLETS if bad else catalogue.SELLERS
    refunding = kinds.REFUNDING if bad else catalogue.REFUNDING
    wallets = open_wallets(options.keys, names, refunding)
    journal = Journal(options.state / f"refunds{suffix}.sqlite")
    parts = Shop(
        public_url=(options.public_url or f"http://{options.host}:{options.port}").rstrip("/"),
        facilitator_url=options.facilitator.rstrip("/"),
        wallets=wallets,
        desk=RefundDesk(Chain(options.rpc_url), journal, wallets.values(), time.time),
        book=AnswerBook(options.state / f"answers{suffix}.sqlite"),
        evm=evm_side(options, suffix) if options.evm_rpc_url is not None else None,
        bad_listings=options.bad_listings and not bad,
    )
    return misbehaving.build_app(parts) if bad else _honest(options, parts)


def evm_side(options: argparse.Namespace, suffix: str) -> EvmSide:
    """Open what sellers need on the EVM network."""
    bad: bool = options.misbehaving
    names = kinds.WALLETS if bad else catalogue.EVM_SELLERS
    refunding = kinds.REFUNDING if bad else catalogue.EVM_REFUNDING
    wallets = evm_wallets.open_wallets(options.evm_keys or options.keys, names, refunding)
    journal = Journal(options.state / f"refunds-evm{suffix}.sqlite")
    chain = EvmChain(options.evm_rpc_url, options.evm_network)
    desk = RefundDesk(chain, journal, wallets.values(), time.time)
    return EvmSide(network=options.evm_network, wallets=wallets, desk=desk)


def _honest(options: argparse.Namespace, parts: Shop) -> ASGIApp:
    if parts.evm is None and not options.evm:
        return shop.build_app(parts)
    jobs: list[shop.Job] = []
    known = parts.evm is not None
    app = shop.build_app(parts, jobs, [sold.path for sold in evm_shop.LISTINGS] if known else ())
    folder = options.evm_keys or options.keys
    network: str = options.evm_network
    scheme = evm_shop.add_evm(
        app,
        account=load_or_create(evm_wallets.key_file(folder, evm_wallets.SHOP)),
        public_url=parts.public_url,
        facilitator_url=parts.facilitator_url,
        network=network,
        refunds_url=parts.public_url + shop.REFUND_PATH if known else None,
        channels=ChannelStore(options.state / "channels.sqlite"),
    )
    if known:
        claimer = Claimer(scheme, facilitator=parts.facilitator_url, network=network)
        jobs.append((claimer.claim, options.evm_claim_seconds))  # begun with the application
    return app


def main() -> None:
    """Serve until told to stop."""
    options = arguments().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(
        application(options),
        host=options.host,
        port=options.port,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
