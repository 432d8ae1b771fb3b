"""What the TypeScript tests install is pinned, and pinned for every machine alike."""

import json
from typing import Any

from tests.interop.installation import TYPESCRIPT

MANIFEST: dict[str, Any] = json.loads((TYPESCRIPT / "package.json").read_text())
LOCK: dict[str, Any] = json.loads((TYPESCRIPT / "package-lock.json").read_text())
PACKAGES: dict[str, dict[str, Any]] = {
    path: entry for path, entry in LOCK["packages"].items() if path
}


def test_exact_versions_are_asked_for_and_locked() -> None:
    locked = {
        name: PACKAGES[f"node_modules/{name}"]["version"] for name in MANIFEST["dependencies"]
    }

    assert MANIFEST["dependencies"] == locked
    assert LOCK["packages"][""]["dependencies"] == locked


def test_one_copy_of_the_payment_core_and_of_the_solana_client_is_used() -> None:
    for name in ("@x402/core", "@solana/kit"):
        assert [path for path in PACKAGES if path.endswith(f"node_modules/{name}")] == [
            f"node_modules/{name}"
        ]


def test_every_package_is_bound_to_its_content_and_to_no_registry() -> None:
    assert PACKAGES
    for path, entry in PACKAGES.items():
        assert entry["integrity"].startswith("sha512-"), path
        assert "resolved" not in entry, path
