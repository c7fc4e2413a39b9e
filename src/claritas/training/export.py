"""From a run folder to a model folder: ONNX, card, and everything in it measured."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.enhancement.promises import broken_promises
from claritas.errors import TrainingError
from claritas.training.feed import whole_pairs
from claritas.training.measure import CROP, PICTURES, measured
from claritas.training.model_folder import write_card, write_model
from claritas.training.run_folder import RunState, open_run
from claritas.zoo.card import CARD, Model, read_card


def export_run(
    run: Path, out: Path, report: Callable[[str], None] = print, *, scale: int | None = None
) -> Model:
    """Write the model of a run to the folder `out`; of a net of several factors, that of one.

    Precisions and speed are measured on the run's validation pictures; a model
    that breaks its contract is refused and nothing is left behind.

    Raises
    ------
    TrainingError
        If the run has no checkpoint, `out` is not a folder of its own, or the
        model breaks a promise.
    """
    state = open_run(run, scale)
    _refuse_other_files(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".claritas-", dir=out.parent) as name:
        unfinished = Path(name) / out.name
        model = write_model(state.net, state.config, unfinished, state.pictures, state.steps)
        report(f"Wrote the network: {model.card.net.parameters:,} parameters.")
        if not model.card.contract.outputs:  # a net that rates was compared with torch: enough
            model = _measured(model, state, report)
            refuse_broken(model)
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(unfinished, out)
    report(f"The model is in {out}; use it with --model {out}")
    return read_card(out)


def _measured(model: Model, state: RunState, report: Callable[[str], None]) -> Model:
    contract = model.card.contract
    crop = contract.side * contract.scale or CROP
    pairs = whole_pairs(state.validation[:PICTURES], state.config, crop, contract.side)
    model = write_card(model.folder, measured(model, pairs).card)
    for precision, facts in model.card.precision.items():
        report(f"{precision}: {facts.loss:.3f} dB below fp32, {facts.ramp:.2f} grey levels off")
    return model


def _refuse_other_files(out: Path) -> None:
    """The folder is replaced as a whole: it may hold a model and nothing else."""
    if not out.exists():
        return
    found = sorted(path.name for path in out.iterdir()) if out.is_dir() else [out.name]
    foreign = [name for name in found if name != CARD and not name.endswith(".onnx")]
    if foreign:
        raise TrainingError(
            f"{out} holds other files: {foreign[0]}", "a new folder, or one with a model alone"
        )


def refuse_broken(model: Model) -> None:
    """Raise TrainingError where a model breaks a promise of its card."""
    enhancer = Enhancer(Options(model=str(model.folder)))
    broken = broken_promises(model, enhancer.engine)
    if broken:
        raise TrainingError(
            f"The model {model.card.name} breaks its contract: {' '.join(broken)}",
            "a model that keeps the promises of its card",
            "correct the net's contract, or train longer.",
        )
