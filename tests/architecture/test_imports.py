"""Who may import whom; what the contracts in pyproject.toml cannot say is said here."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "activities", "workflows", "starter", "deploy")
OUR_ROOTS = {*PACKAGES, "worker", "tests"}
DOMAIN_MAY_IMPORT = {"jmespath", "jsonschema", "pydantic", "pydantic_core", "referencing"}

SDKS = {
    *("anthropic", "cryptography", "fastapi", "httpx", "openai", "qdrant_client", "qdrant_edge"),
    *("sentence_transformers", "solana", "solders", "sqlalchemy", "torch", "web3", "x402"),
}

WIRINGS = {"activities.wiring", "activities.payments.wiring", "activities.payments.evm.wiring"}
"""Where objects are put together; the first builds what each queue serves."""

FOR_CLIENTS = {"activities.payments.reply_seal", "activities.payments.svm_reading"}
"""Pure, and needed by whoever signs with a wallet of their own."""

ADAPTER_DEPTH = 2
"""Dots in the name of an adapter's folder, such as ``activities.payments.ledger``."""

ENVIRONMENT_READERS = ("worker.py", "starter", "deploy", "tests")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert "0 broken" in done.stdout


def test_no_installed_package_goes_by_a_name_of_ours() -> None:
    foreign = {
        name: set(distributions) - {"caravan"}
        for name, distributions in packages_distributions().items()
        if name in OUR_ROOTS
    }

    assert {name: who for name, who in foreign.items() if who} == {}


def test_domain_imports_nothing_but_models_schemas_and_expressions(
    graph: grimp.ImportGraph,
) -> None:
    imported = {
        target.partition(".")[0]
        for module in modules_of(graph, "domain")
        for target in graph.find_modules_directly_imported_by(module)
    }

    assert imported - {"domain"} - set(sys.stdlib_module_names) <= DOMAIN_MAY_IMPORT


def test_adapters_are_imported_by_the_wiring_and_by_each_other_only(
    graph: grimp.ImportGraph,
) -> None:
    adapters = {m for m in modules_of(graph, "activities") if loads_sdk(graph, m)}
    adapters -= WIRINGS | FOR_CLIENTS
    strangers = {
        (importer, adapter)
        for adapter in adapters
        for importer in graph.find_modules_that_directly_import(adapter)
        if importer not in adapters | WIRINGS | FOR_CLIENTS and not one_adapter(importer, adapter)
    }

    assert adapters, "the rule would hold of nothing"
    assert strangers == set()


def test_only_the_worker_process_imports_the_wiring(graph: grimp.ImportGraph) -> None:
    assert graph.find_modules_that_directly_import("activities.wiring") == set()


def test_nobody_imports_the_composition_root() -> None:
    for path in sources("domain", "activities", "workflows", "starter", "deploy"):
        lines = path.read_text().splitlines()
        assert not [x for x in lines if x.startswith(("import worker", "from worker "))], path


def test_importing_workflows_loads_no_vendors_package() -> None:
    modules = [
        "workflows." + path.relative_to(ROOT / "workflows").with_suffix("").as_posix()
        for path in sources("workflows")
        if path.stem != "__init__"
    ]
    loaded = loaded_by(*(module.replace("/", ".") for module in modules))

    assert loaded & {*SDKS, "numpy"} == set()


def test_the_check_of_loaded_packages_can_fail() -> None:
    assert "httpx" in loaded_by("httpx")


def test_the_command_line_loads_no_model_and_no_chain() -> None:
    heavy = {"torch", "sentence_transformers", "solana", "x402", "sqlalchemy", "anthropic", "numpy"}

    assert loaded_by("starter.requests", "starter.stack") & heavy == set()


def test_only_doors_read_the_environment() -> None:
    for path in sources("domain", "activities", "workflows"):
        text = path.read_text()
        assert "os.environ" not in text, path
        assert "os.getenv" not in text, path


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    missing = [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()]

    assert missing == []


def test_every_package_folder_is_a_package() -> None:
    folders = {path.parent for path in sources(*PACKAGES)}

    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def one_adapter(importer: str, adapter: str) -> bool:
    """Whether both are parts of one adapter that fills a folder, such as a ledger."""
    folder = adapter.rpartition(".")[0]
    return importer.startswith(f"{folder}.") and folder.count(".") >= ADAPTER_DEPTH


def modules_of(graph: grimp.ImportGraph, package: str) -> set[str]:
    return {package, *graph.find_descendants(package)}


def loads_sdk(graph: grimp.ImportGraph, module: str) -> bool:
    imported = {m.partition(".")[0] for m in graph.find_modules_directly_imported_by(module)}
    return bool(imported & SDKS)


def sources(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def loaded_by(*modules: str) -> set[str]:
    code = f"import sys, {', '.join(modules)}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())
