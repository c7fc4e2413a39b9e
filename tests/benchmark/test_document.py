from __future__ import annotations

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PAGE = "# Speed\n\n<!-- a -->\nold\n<!-- /a -->\n\nbetween\n\n<!-- b -->\n<!-- /b -->\n"


@pytest.fixture
def document(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("document")


def test_only_what_stands_between_the_markers_is_replaced(document):
    written = document.between_markers(PAGE, "a", "new\n")
    assert written == PAGE.replace("<!-- a -->\nold\n", "<!-- a -->\n\nnew\n\n")
    assert document.between_markers(written, "a", "new") == written


def test_a_page_without_the_markers_is_left_alone_and_said(document):
    with pytest.raises(SystemExit, match="lacks the markers <!-- c -->"):
        document.between_markers(PAGE, "c", "new")


def test_the_speed_page_has_the_markers_of_every_timing(document):
    page = document.SPEED_PAGE.read_text("utf-8")
    for name in ("engines", "path", "memory", "start"):
        assert "new" in document.between_markers(page, name, "new")
