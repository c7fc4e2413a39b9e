"""Where measured tables go: standard output and, between markers, a page of the documents."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from claritas.assessment.full_reference import Uint8

ROOT = Path(__file__).resolve().parents[1]
SPEED_PAGE = ROOT / "docs" / "speed.md"
SHARED_DATA = ROOT.parent / "shared" / "data"


def stop(reason: str) -> NoReturn:
    """End with one line: something is missing that cannot be measured without."""
    sys.exit(reason)


def stop_for(command: Sequence[str], errors: str) -> NoReturn:
    """End with one line: a command that was to be measured failed."""
    stop(f"{' '.join(command)} failed: {errors.strip().partition(chr(10))[0]}")


def own_places(folder: Path) -> dict[str, str]:
    """The environment of a command whose cache and state lie in `folder`, not the user's."""
    places = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder / "state")}
    return os.environ | places


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; columns but the first are numbers, set to the right."""
    rules = ["---"] + ["---:"] * (len(heads) - 1)
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, rules, *rows))


def publish(name: str, text: str, page: Path | None) -> None:
    """Print `text` and, where a page is given, put it between its markers.

    The markers are `<!-- name -->` and `<!-- /name -->`, each on a line of its
    own; what stood between them goes.
    """
    print(text)
    if page is not None:
        page.write_text(between_markers(page.read_text("utf-8"), name, text), "utf-8")


def between_markers(page: str, name: str, text: str) -> str:
    """The page with `text` between the markers of `name`."""
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = page.partition(first)
    _, closed, after = rest.partition(last)
    if not (found and closed):
        stop(f"The page lacks the markers {first} and {last}.")
    return f"{before}{first}\n\n{text.strip()}\n\n{last}{after}"


def photograph(width: int, height: int) -> Uint8:
    """A photograph of that size, (height, width, 3): what codecs and caches meet in earnest."""
    try:
        from skimage import data
    except ImportError:
        stop("scikit-image is not installed; its photograph is what is measured with.")
    from claritas.image.resize import imresize

    return imresize(data.coffee(), size=(width, height))


def machine() -> str:
    """One line: the processor, its cores and what OpenVINO says that it computes natively."""
    from claritas.engines.openvino import core
    from claritas.engines.threads import available_cores

    name = str(core().get_property("CPU", "FULL_DEVICE_NAME")).strip()
    capable = core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    precisions = ", ".join(one for one in capable if one in ("FP32", "FP16", "BF16", "INT8"))
    return (
        f"{name}, {available_cores()} cores, natively {precisions}; "
        f"{platform.system()}, Python {platform.python_version()}"
    )
