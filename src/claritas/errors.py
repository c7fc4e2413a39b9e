"""Every message that a user sees is one of these: what is wrong, what was expected, what to do."""

from __future__ import annotations


class ClaritasError(Exception):
    """Something that the user can act on.

    Parameters
    ----------
    what
        What is wrong, naming the thing (a file, an option, a key).
    expected
        What would have been right. May be empty where `what` already says it.
    remedy
        What to do now.
    """

    exit_code = 1

    def __init__(self, what: str, expected: str = "", remedy: str = "") -> None:
        super().__init__(what, expected, remedy)
        self.what = what
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [self.what]
        if self.expected:
            lines.append(f"Expected: {self.expected}")
        if self.remedy:
            lines.append(f"What to do: {self.remedy}")
        return "\n".join(lines)


class UsageError(ClaritasError):
    """The command or the call itself is wrong; nothing was begun."""

    exit_code = 2


class PictureError(ClaritasError):
    """A picture that cannot be read, held or written."""


class ModelError(ClaritasError):
    """A model folder, its card or its weights break the contract."""


class EngineError(ClaritasError):
    """An engine that cannot be had, or that failed while it ran."""


class EngineMemoryError(EngineError):
    """The engine could not allocate; a smaller tile may fit."""


class TrainingError(ClaritasError):
    """A training run that cannot begin or go on."""
