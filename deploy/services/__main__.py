"""Start the demo sellers as a process."""

import argparse
import logging
import time
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from deploy.evm.keyfile import load_or_create
from deploy.services import catalogue, evm_shop, shop
from deploy.services.chain import Chain
from deploy.services.misbehaving import app as misbehaving
from deploy.services.misbehaving import kinds
from deploy.services.refunds import Journal, RefundDesk
from deploy.services.shop import Shop
from deploy.services.wallets import open_wallets


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.services", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder of the refund journal")
    parser.add_argument("--rpc-url", required=True, help="Solana JSON-RPC node")
    parser.add_argument("--facilitator", required=True, help="URL of the facilitator")
    parser.add_argument("--keys", type=Path, required=True, help="folder of seller-*.json")
    parser.add_argument("--evm", action="store_true", help="also sell on the EVM network")
    parser.add_argument("--misbehaving", action="store_true", help="sell badly, for tests")
    parser.add_argument("--public-url", help="root under which buyers reach this process")
    return parser


def application(options: argparse.Namespace) -> ASGIApp:
    """Wire one process's sellers."""
    bad: bool = options.misbehaving
    names = kinds.WALLETS if bad else catalogue.SELLERS
    refunding = kinds.REFUNDING if bad else catalogue.REFUNDING
    wallets = open_wallets(options.keys, names, refunding)
    journal = Journal(options.state / ("refunds-misbehaving.sqlite" if bad else "refunds.sqlite"))
    parts = Shop(
        public_url=(options.public_url or f"http://{options.host}:{options.port}").rstrip("/"),
        facilitator_url=options.facilitator.rstrip("/"),
        wallets=wallets,
        desk=RefundDesk(Chain(options.rpc_url), journal, wallets.values(), time.time),
    )
    if bad:
        return misbehaving.build_app(parts)
    app = shop.build_app(parts)
    if options.evm:
        evm_shop.add_evm(
            app,
            account=load_or_create(options.keys / "seller-evm.key"),
            public_url=parts.public_url,
            facilitator_url=parts.facilitator_url,
        )
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
