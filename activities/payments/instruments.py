"""Everything that the payment activities work with, handed to each of them whole."""

from dataclasses import dataclass, field

from activities.artifacts.ports import ArtifactStore
from activities.payments.learning import Learner
from activities.payments.ledger.ports import Ledger
from activities.payments.ports import Prover, Rails, Sealer, Seller
from activities.records.watch import Watch
from domain.policy import SpendPolicy


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """The parts of one payments process."""

    seller: Seller
    rails: Rails
    ledger: Ledger
    sealer: Sealer
    artifacts: ArtifactStore
    prover: Prover | None = None
    """Without it nobody signs in to get again what was paid for."""
    learner: Learner | None = None
    """Without it nothing is learnt from how payments end."""
    watch: Watch | None = None
    """Without it no breaker keeps anybody from being asked."""
    policy: SpendPolicy = field(default_factory=SpendPolicy)
    """Without rules of its own only each run's cap holds."""
