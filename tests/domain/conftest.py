"""How the laws of the domain are tried."""

from hypothesis import settings

# No deadline: how long an example takes says more about the machine than about the law.
settings.register_profile("domain", deadline=None)
settings.load_profile("domain")
