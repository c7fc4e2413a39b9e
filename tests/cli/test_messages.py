from __future__ import annotations

import pytest

from claritas.cli.messages import say, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines", "two\\nlines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("caf\xe9 \N{GRINNING FACE}", "caf\xe9 \N{GRINNING FACE}"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("caf\udce9", "caf\udce9"),
    ],
)
def test_control_characters_are_escaped_and_letters_stay(text: str, shown: str):
    assert visible(text) == shown


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]):
    say("one\ntwo")
    assert capsys.readouterr() == ("", "one\ntwo\n")
