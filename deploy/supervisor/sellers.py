"""Print the demo sellers' addresses: ``python -m deploy.supervisor.sellers KEYS``.

A process of its own, because loading the sellers takes a second and a hundred megabytes.
"""

import json
import sys
from pathlib import Path

from deploy.services.catalogue import REFUNDING, SELLERS
from deploy.services.wallets import open_wallets


def main() -> None:
    """Make the wallets that are missing, and print all addresses."""
    wallets = open_wallets(Path(sys.argv[1]), SELLERS, REFUNDING)
    sys.stdout.write(json.dumps([wallet.address for wallet in wallets.values()]))


if __name__ == "__main__":
    main()
