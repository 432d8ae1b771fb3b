"""What can keep the stack from running; each message says what to do."""


class CannotStart(Exception):
    """Nothing was started: the request, the folder or a port is at fault."""


class StateDirUnusable(CannotStart):
    """The folder holds something else, or cannot be written."""


class AlreadyRunning(CannotStart):
    """Another supervisor keeps this folder's stack."""


class PortsBusy(CannotStart):
    """One or more ports are taken."""


class PartFailed(Exception):
    """A part did not become healthy; everything started so far has been ended."""
