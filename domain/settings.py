"""Settings: the same names as ``CARAVAN_*`` variables and in ``caravan.toml``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from domain.catalogue import Weights
from domain.chains import SOLANA_DEVNET, USDC_DEVNET, usdc_on
from domain.drafting import PlanningLimits
from domain.errors import Misconfigured
from domain.limits import POLICY_MAX_BUDGET
from domain.money import Amount, Asset

PREFIX: Final = "CARAVAN_"


class Settings(BaseModel):
    """Everything that differs between installations. Read once, at start.

    Addresses that often carry a password or a key stay out of what is printed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state_dir: Path = Path(".caravan")
    """Where the local stack keeps its state, keys and logs."""
    solana_rpc_url: str | None = Field(default=None, repr=False)
    """JSON-RPC address of the Solana network that payments run on."""
    solana_network: str = SOLANA_DEVNET
    """CAIP-2 id of that network."""
    evm_rpc_url: str | None = Field(default=None, repr=False)
    """JSON-RPC address of an EVM network; none without it."""
    evm_network: str | None = None
    """CAIP-2 id of that network."""
    evm_final_depth: int | None = Field(default=None, ge=0)
    """Blocks after which none is undone, for chains without the ``finalized`` tag."""
    solana_witness_rpc_urls: tuple[str, ...] = Field(default=(), repr=False)
    """More nodes, comma-separated; that a payment never lands takes all of them to say so."""
    evm_witness_rpc_urls: tuple[str, ...] = Field(default=(), repr=False)
    """The same for the EVM network."""
    payer_keyfile: Path | None = None
    """Key of the wallet that pays, in solana-keygen's form. Read by the payments worker only."""
    evm_payer_keyfile: Path | None = None
    """Key of the paying wallet on the EVM network."""
    engine_keyfile: Path | None = None
    """Key of the engine's own wallet, which writes records on chain. Payments worker only."""
    signer: Literal["keyfile", "remote", "delegate"] = "keyfile"
    """Who signs payments: a local keyfile, a signing service, or a keyfile whose allowance the
    money's owner capped on chain."""
    signer_url: str | None = Field(default=None, repr=False)
    """Address of the signing service, for ``remote``."""
    signer_token: SecretStr | None = None
    """Bearer token for the signing service. Payments worker only."""
    delegate_owner: str | None = None
    """Address whose tokens the delegate may spend, for ``delegate``."""
    policy_file: Path | None = None
    """Spend policy, as TOML; without it only each run's own cap holds. Payments worker only."""
    max_channel_unspent: str = "0.00"
    """Most USDC that may lie unspent in one EVM payment channel; a deposit above the price of the
    call at hand counts against the run's cap while that call is under way."""
    sealing_keyfile: Path | None = None
    """Key that encrypts signed payments at rest; made on first use. Payments worker only."""
    bazaar_urls: tuple[str, ...] = ()
    """Facilitators whose bazaars are searched, comma-separated, the most trusted first."""
    refresh_minutes: int = Field(default=15, ge=1, le=24 * 60)
    """How often the schedule reads the bazaars again."""
    records_url: str | None = Field(default=None, repr=False)
    """SQLAlchemy URL of what is listed and learned; SQLite in the state directory without it."""
    score_weights: str = "semantic=0.4,reputation=0.3,price=0.2,latency=0.1"
    """What the four parts of a score count; they must sum to 1."""
    user: str | None = None
    """Whose requests these are; plans are remembered for each person apart. The login without."""
    metrics_address: str | None = None
    """``IP:PORT`` at which a worker shows its metrics to Prometheus; none without it."""
    qdrant_url: str | None = None
    """Qdrant server; the embedded engine without it."""
    qdrant_api_key: SecretStr | None = None
    """Key for the Qdrant server."""
    embedding_model: str = "all-MiniLM-L6-v2+caravan"
    """Name or path of a sentence-transformers model. The default is all-MiniLM-L6-v2, which ships
    as a package, taught which services serve which requests; its own name takes it untaught."""
    ledger_url: str | None = Field(default=None, repr=False)
    """SQLAlchemy URL of the payment ledger; SQLite in the state directory without it."""
    artifacts_url: str | None = None
    """``file:`` URL of the artifact store; a folder of the state directory without it."""
    planner: Literal["auto", "embedded", "anthropic", "openai"] = "auto"
    """Who drafts plans; ``auto`` asks each language model whose key is set. The embedded planner
    drafts where none can."""
    anthropic_model: str = "claude-sonnet-5-5"
    """Model that the Anthropic drafter asks."""
    openai_model: str | None = None
    """Model that is asked at ``OPENAI_BASE_URL``; without that address, OpenAI's gpt-6.1-terra."""
    max_planning_cost: str = "0.10"
    """US dollars that language models may cost for one plan; then the embedded planner drafts."""
    consensus_from: str | None = None
    """Price of a plan, in whole USDC, above which several drafts are written, criticised and voted
    on; never without it."""
    max_consensus_cost: str = "0.50"
    """US dollars that language models may cost for one plan that is voted on."""
    max_budget: str = POLICY_MAX_BUDGET
    """Largest budget of one request, in whole USDC."""
    allow_private_hosts: bool = False
    """Let services live on loopback and private addresses; only for a local stack."""
    temporal_ui_url: str | None = None
    """Address of Temporal's Web UI, for links."""
    otlp_endpoint: str | None = Field(default=None)
    """OpenTelemetry collector that metrics are sent to; none without it."""

    @field_validator(
        "max_budget",
        "max_channel_unspent",
        "max_planning_cost",
        "max_consensus_cost",
        "consensus_from",
    )
    @classmethod
    def _is_amount(cls, text: str | None) -> str | None:
        if text is not None:
            Amount.from_decimal(text, USDC_DEVNET)
        return text

    @field_validator("score_weights")
    @classmethod
    def _are_weights(cls, text: str) -> str:
        _weights(text)
        return text

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str], *, file: Mapping[str, object] | None = None
    ) -> Self:
        """Build settings from variables and, below them, the content of ``caravan.toml``.

        Args:
            environ: The process environment; only names with the prefix are read.
            file: Parsed ``caravan.toml``; its names may be in either case, with the prefix or not.

        Raises:
            Misconfigured: A name is unknown or a value cannot be read; the message names it.
        """
        values: dict[str, object] = {_field(name): value for name, value in (file or {}).items()}
        values |= {_field(n): v for n, v in environ.items() if n.startswith(PREFIX) and v != ""}
        for name in ("bazaar_urls", "solana_witness_rpc_urls", "evm_witness_rpc_urls"):
            urls = values.get(name)
            if isinstance(urls, str):
                values[name] = tuple(url.strip() for url in urls.split(",") if url.strip())
        try:
            return cls.model_validate(values)
        except ValidationError as err:
            raise Misconfigured(_explain(err)) from err

    @property
    def asset(self) -> Asset:
        """What requests are budgeted in."""
        return usdc_on(self.solana_network)

    @property
    def policy_maximum(self) -> Amount:
        """Largest budget of one request."""
        return Amount.from_decimal(self.max_budget, self.asset)

    @property
    def planning_limits(self) -> PlanningLimits:
        """What thinking may cost, and from which price on several think."""

        def micro(text: str) -> int:
            return Amount.from_decimal(text, self.asset).base_units

        return PlanningLimits(
            max_cost_micro_usd=micro(self.max_planning_cost),
            max_consensus_cost_micro_usd=micro(self.max_consensus_cost),
            consensus_from_base_units=(
                None if self.consensus_from is None else micro(self.consensus_from)
            ),
        )

    @property
    def ledger(self) -> str:
        """SQLAlchemy URL of the ledger."""
        path = (self.state_dir / "ledger.sqlite").absolute()
        return self.ledger_url or f"sqlite+aiosqlite:///{path}"

    @property
    def records(self) -> str:
        """SQLAlchemy URL of the records."""
        path = (self.state_dir / "records.sqlite").absolute()
        return self.records_url or f"sqlite+aiosqlite:///{path}"

    @property
    def weights(self) -> Weights:
        """What the four parts of a score count."""
        return _weights(self.score_weights)

    @property
    def artifacts_dir(self) -> Path:
        """Folder of the artifact store.

        Raises:
            Misconfigured: The URL names something other than a folder.
        """
        if self.artifacts_url is None:
            return self.state_dir / "artifacts"
        if not self.artifacts_url.startswith("file://"):
            raise Misconfigured("CARAVAN_ARTIFACTS_URL must be a file:// URL")
        return Path(self.artifacts_url.removeprefix("file://"))


def _weights(text: str) -> Weights:
    parts = [part.partition("=") for part in text.split(",")]
    given = {name.strip(): value.strip() for name, _, value in parts}
    if given.keys() != Weights.model_fields.keys() or len(parts) != len(given):
        raise ValueError(f"name each of {', '.join(Weights.model_fields)} once, as in semantic=0.4")
    try:
        return Weights(**{name: float(value) for name, value in given.items()})
    except ValidationError as err:
        raise ValueError(err.errors(include_url=False)[0]["msg"]) from err


def _field(name: str) -> str:
    return name.lower().removeprefix(PREFIX.lower())


def _explain(err: ValidationError) -> str:
    problems: list[str] = []
    for detail in err.errors(include_url=False, include_input=False):
        name = PREFIX + "_".join(str(part) for part in detail["loc"][:1]).upper()
        unknown = detail["type"] == "extra_forbidden"
        problems.append(f"{name} is not a setting" if unknown else f"{name}: {detail['msg']}")
    return "; ".join(problems) + ". The settings are listed in docs/reference/settings.md"
