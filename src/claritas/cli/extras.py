"""What only some users have installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from claritas.errors import UsageError


@contextmanager
def needs_torch() -> Iterator[None]:
    """Around imports from `claritas.training`.

    Raises
    ------
    UsageError
        If a library of the extra `train` is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "claritas":
            raise
        raise UsageError(
            f"Training needs {error.name}, which is not installed",
            "the extra `train`",
            "pip install 'claritas[train]'",
        ) from None
