"""The suite itself: nothing reaches for the network, in tests or in what they start."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest


def test_a_connection_is_refused_in_a_test():
    with socket.socket() as plug, pytest.raises(AssertionError, match="reached for the network"):
        plug.connect(("127.0.0.1", 9))


def test_a_connection_is_refused_in_a_child():
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "reached for the network" in child.stderr
