"""Plain words on standard error."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Print to standard error; control characters in names cannot move the cursor."""
    print("\n".join(map(visible, text.split("\n"))), file=sys.stderr, flush=True)


def visible(text: object) -> str:
    """One line: control characters are escaped, all other letters stay."""
    return "".join(c if c.isprintable() or _is_byte(c) else _escaped(c) for c in str(text))


def _is_byte(character: str) -> bool:
    """A byte of a name that is no text; the stream gives it back as it was."""
    return "\udc80" <= character <= "\udcff"


def _escaped(character: str) -> str:
    # Joiners make one sign of several and are no danger.
    return character if character in "\u200c\u200d\ufe0f" else repr(character)[1:-1]
