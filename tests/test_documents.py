"""The documents are true: commands parse, links lead somewhere, keys and options are described."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
import typer

from claritas.assessment.metrics import METRICS, Subject
from claritas.cli.main import app
from claritas.degradation.recipe import to_recipe
from claritas.degradation.steps import STEPS
from claritas.enhancement.plan import Options
from claritas.image.picture import Picture
from claritas.image.write import write_picture
from claritas.training import config
from claritas.zoo import card

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CARD_TABLES: dict[str, type[msgspec.Struct]] = {
    "The card itself": card.Card,
    "`[net]`": card.Net,
    "`[contract]`": card.Contract,
    "`[views]`": card.Views,
    "`[precision.NAME]`": card.Precision,
    "`[data]`": card.Data,
    "`[[results]]`": card.Result,
    "`[[speed]]`": card.Speed,
    "`[limits]`": card.Limits,
}
CONFIG_TABLES: dict[str, type[msgspec.Struct]] = {
    "The file itself": config.Config,
    "`[net]`": config.Net,
    "`[data]`": config.Data,
    "`[optimiser]`": config.Optimiser,
    "`[schedule]`": config.Schedule,
    "`[machines]`": config.Machines,
}


class Printed(NamedTuple):
    """A command that a page prints; `whole` if it can be typed as it stands."""

    page: str
    text: str
    whole: bool


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def printed_commands() -> Iterator[Printed]:
    pages = [*PAGES, *sorted((ROOT / "configs").rglob("*.toml")), ROOT / "Makefile"]
    for page in pages:
        name, text = page.relative_to(ROOT).as_posix(), page.read_text("utf-8")
        lines = (
            "\n".join(blocks(text, "")).splitlines() if page.suffix == ".md" else text.splitlines()
        )
        for line in lines:
            found = re.match(r"(?:[#\t ]*|\w+=\S+ )(?:\.venv/bin/)?(claritas .*)", line)
            if found:
                yield Printed(name, found[1], whole=True)
        for span in re.findall(r"`(claritas [^`]+)`", text):
            yield Printed(name, span, whole=False)


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command and what is left for it to parse."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words[0]]
        words = words[1:]
    return command, words


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts if name[0] == "-"}


def keys_in_table(page: Path, heading: str) -> set[str]:
    section = re.search(
        rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", page.read_text("utf-8"), re.S | re.M
    )
    assert section, f"{page.name} has no section {heading}"
    return set(re.findall(r"^\| `([\w-]+)` \|", section[1], re.MULTILINE))


@pytest.mark.parametrize(
    "printed", list(printed_commands()), ids=lambda one: f"{one.page}: {one.text}"
)
def test_a_printed_command_is_one_that_claritas_understands(printed: Printed):
    command, rest = command_of(shlex.split(printed.text)[1:])
    if rest == ["--help"] or not rest:
        return
    asked = {word for word in rest if word.startswith("-")}
    assert not hasattr(command, "commands") or asked, f"there is no command {rest[0]}"
    assert asked <= options_of(command) | {"--help"}
    if printed.whole:
        command.make_context(printed.text, rest).close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file_and_a_heading_that_are_there(page: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if heading:
            headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
            assert heading in {anchor(one) for one in headings}, f"{page.name} links to {target}"


def anchor(heading: str) -> str:
    """As the usual forges make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("heading", CARD_TABLES)
def test_the_keys_of_a_card_are_those_that_models_md_lists(heading: str):
    known = {field.name for field in msgspec.structs.fields(CARD_TABLES[heading])}
    assert keys_in_table(ROOT / "docs/models.md", heading) == known


@pytest.mark.parametrize("heading", CONFIG_TABLES)
def test_the_keys_of_a_configuration_are_those_that_training_md_lists(heading: str):
    known = {field.name for field in msgspec.structs.fields(CONFIG_TABLES[heading])}
    assert keys_in_table(ROOT / "docs/training.md", heading) == known


@pytest.mark.torch
def test_the_nets_are_those_that_training_md_lists():
    pytest.importorskip("torch")
    from claritas.nets import NETS

    assert keys_in_table(ROOT / "docs/training.md", "Nets") == set(NETS)


@pytest.mark.parametrize("kind", STEPS)
def test_the_parameters_of_a_step_are_those_that_degrade_md_lists(kind: str):
    assert keys_in_table(ROOT / "docs/degrade.md", f"`{kind}`") == set(STEPS[kind].parameters)


def test_the_recipe_in_degrade_md_can_be_read():
    (recipe,) = blocks((ROOT / "docs/degrade.md").read_text("utf-8"), "toml")
    assert len(to_recipe(tomllib.loads(recipe), "degrade.md").steps) == 3


@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("enhance", "enhance.md"),
        ("train", "training.md"),
        ("degrade", "degrade.md"),
        ("assess", "assess.md"),
        ("verify", "trust.md"),
    ],
)
def test_every_option_is_described(command: str, page: str):
    text = (ROOT / "docs" / page).read_text("utf-8")
    found, _ = command_of([command])
    missing = [name for name in options_of(found) if not re.search(rf"\*\*`{name}\b", text)]
    assert not missing


def test_every_keyword_of_options_is_described():
    text = (ROOT / "docs/python.md").read_text("utf-8")
    assert all(f"| `{name}` |" in text for name in Options.__dataclass_fields__)


METRIC_TABLES = {
    "Beside a reference": "reference",
    "A picture alone": "nothing",
    "A result and its input": "input",
}


def metric_rows(needs: str) -> Iterator[str]:
    """The rows that assess.md has to show, from the metrics themselves."""
    picture = np.random.default_rng(0).integers(0, 256, (192, 192, 3), np.uint8)
    for metric in METRICS.values():
        if metric.needs != needs:
            continue
        words = (f"`{metric.name}`", "●" if metric.default else "", metric.measures)
        if metric.name == "lpips":  # needs a network that does not ship
            yield f"| {' | '.join(words)} | 0 to ∞ | lower is better | RGB in -1..1, the file |"
            continue
        score = metric.measure(Subject(picture, picture, quality=90))
        low, high = (f"{end:g}".replace("inf", "∞") for end in score.range)
        span = f"{low} to {high} {score.unit}".rstrip()
        yield f"| {' | '.join(words)} | {span} | {score.direction} | {score.protocol} |"


@pytest.mark.parametrize("heading", METRIC_TABLES)
def test_the_metrics_are_those_that_assess_md_lists(heading: str):
    page = (ROOT / "docs/assess.md").read_text("utf-8")
    section = page.split(f"### {heading}\n")[1].split("\n#")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == list(metric_rows(METRIC_TABLES[heading]))


@pytest.mark.parametrize("page", ["README.md", "docs/python.md", "docs/assess.md"])
def test_the_python_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    shades = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    write_picture(Picture.from_array(shades), "photo.jpg")
    code = "\n".join(blocks((ROOT / page).read_text("utf-8"), "python"))
    exec(compile(code, page, "exec"), {})
