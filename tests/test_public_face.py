from __future__ import annotations

import subprocess
import sys

import pytest

import claritas


@pytest.mark.parametrize("name", claritas.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(claritas, name) is not None
    assert name == "__version__" or getattr(claritas, name).__doc__


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="enhence"):
        claritas.enhence  # noqa: B018


def test_importing_claritas_loads_nothing_heavy():
    heavy = "{'numpy', 'pyvips', 'openvino', 'torch', 'rich', 'typer', 'msgspec'}"
    script = f"import sys, claritas; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_using_claritas_never_loads_torch():
    script = (
        "import sys, numpy, claritas\n"
        "claritas.enhance(numpy.zeros((4, 4, 3), 'uint8'))\n"
        "sys.exit('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
