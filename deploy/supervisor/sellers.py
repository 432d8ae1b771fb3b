"""Print the demo sellers' wallets: ``python -m deploy.supervisor.sellers KEYS [--evm]``.

A process of its own, because loading the sellers takes a second and a hundred megabytes.
"""

import json
import sys
from pathlib import Path

from deploy.services import evm_wallets
from deploy.services.catalogue import EVM_REFUNDING, EVM_SELLERS, REFUNDING, SELLERS
from deploy.services.wallets import open_wallets


def main() -> None:
    """Make the wallets that are missing, and print all addresses with who gives refunds."""
    folder = Path(sys.argv[1])
    if "--evm" in sys.argv[2:]:
        opened = evm_wallets.open_wallets(folder, EVM_SELLERS, EVM_REFUNDING)
        found = [[wallet.address, wallet.refunds] for wallet in opened.values()]
    else:
        known = open_wallets(folder, SELLERS, REFUNDING)
        found = [[wallet.address, wallet.refunds] for wallet in known.values()]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
