"""What can go wrong, and who can do something about it.

* WaconsoleError
    * Refused        a rule said no: the message is one sentence that says why and what to do
        * NotFound   what was named does not exist (or is not unique: the message lists what matches)
        * Undone     an undo that no longer fits, because somebody changed the thing since
    * Transient      try again later; nothing was done
    * Permanent      trying again will not help
    * UsageError     the words of a command do not fit together (exit code 2)

Expected errors become one sentence on the screen or on stderr. Anything else is a bug.
"""


class WaconsoleError(Exception):
    """Base of every expected error; `str(error)` is one sentence for the operator."""


class Refused(WaconsoleError):
    """A rule refused the act. Nothing was changed."""


class NotFound(Refused):
    """The thing that was named does not exist, or more than one thing matches."""


class Undone(Refused):
    """The act cannot be undone exactly, because the thing has changed since."""


class Transient(WaconsoleError):
    """The act failed for a passing reason. Nothing was changed."""


class Permanent(WaconsoleError):
    """The act failed for a reason that will not pass by itself."""


class UsageError(WaconsoleError):
    """The words of a command do not fit together."""
