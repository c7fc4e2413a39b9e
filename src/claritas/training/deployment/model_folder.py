"""Writing a model folder: the network's file and the card that describes it."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from claritas.errors import TrainingError
from claritas.nets.contract import Net, parameter_count
from claritas.training.config import Config
from claritas.training.data.feed import degradation_in_words
from claritas.training.deployment.half import halve
from claritas.training.deployment.onnx_file import card_contract, multiply_adds, parity, write_onnx
from claritas.version import __version__
from claritas.zoo.card import CARD, SCHEMA, Card, Model, read_card

WEIGHTS = "model.onnx"
PARITY_TOLERANCE = 1e-4


def write_model(net: Net, config: Config, folder: Path, pictures: int, steps: int) -> Model:
    """A model folder whose card holds what is known without measuring quality."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    write_onnx(net, weights)
    halve(weights)
    difference = parity(net, weights)
    if difference > PARITY_TOLERANCE:
        raise TrainingError(f"The exported network differs from torch's by {difference:.1e}")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    table = _card_table(net, config, digest, pictures, steps)
    table["net"]["parity"] = difference
    return write_card(folder, msgspec.convert(table, Card))


def _card_table(net: Net, config: Config, digest: str, pictures: int, steps: int) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "name": config.name,
        "version": config.version,
        "task": config.task,
        "preset": config.preset,
        "condition": config.condition,
        "summary": config.summary,
        "licence": config.licence,
        "created": datetime.date.today().isoformat(),
        "claritas": __version__,
        "commit": commit(),
        "net": {
            "kind": config.net.kind,
            "arguments": config.net.arguments,
            "parameters": parameter_count(net.deployed()),
            "multiply_adds": multiply_adds(net),
        },
        "contract": card_contract(net.contract),
        "precision": {
            "fp32": {"file": WEIGHTS, "sha256": digest, "serves_16_bit": True},
        },
        "data": {
            "words": config.data.description or "the user's own pictures",
            "terms": config.data.licence,
            "pictures": pictures,
            "degradation": degradation_in_words(config),
            "objective": _in_words(config.objective),
            "steps": steps,
            "seed": config.seed,
            "start": Path(config.net.start).name,
        },
        "limits": {"words": config.limits, "invents": config.invents},
    }


def write_card(folder: Path, card: Card) -> Model:
    """Write `card.toml` and read it back, as strictly as any other."""
    table = {key: value for key, value in msgspec.to_builtins(card).items() if value is not None}
    (folder / CARD).write_text(tomli_w.dumps(table), "utf-8")
    return read_card(folder)


def _in_words(table: dict[str, Any]) -> str:
    if "description" in table:
        return str(table["description"])
    return ", ".join(f"{key} {_in_brackets(value)}" for key, value in table.items())


def _in_brackets(value: Any) -> Any:
    return f"({_in_words(value)})" if isinstance(value, dict) else value


def commit() -> str:
    """Of the working tree that Claritas runs from; empty where there is none."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parent,
        )
    except OSError:
        return ""
    return found.stdout.strip()
