"""From a run folder to a model folder: ONNX, card, and everything in it measured."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.enhancement.promises import broken_promises
from claritas.errors import TrainingError
from claritas.image.picture import Array
from claritas.training.config import Config, Data, Quantisation, Schedule
from claritas.training.config import Net as NetSettings
from claritas.training.data.feed import find_parts, whole_pairs
from claritas.training.data.samples import Item
from claritas.training.deployment.half import round_to_half
from claritas.training.deployment.mean import average_with
from claritas.training.deployment.measure import CROP, PICTURES, measured
from claritas.training.deployment.model_folder import write_card, write_model
from claritas.training.deployment.quantise import (
    CALIBRATION,
    add_eight_bits,
    calibrated,
    eight_bits_alone,
    fine_tuned,
    tuned,
)
from claritas.training.run_folder import open_run
from claritas.zoo.card import CARD, Model, read_card
from claritas.zoo.catalogue import find

TUNING_RATE = 2e-5  # of Adam: the weights were trained already
MEASURED = 12  # pictures at most that measure the loss of an 8-bit file
LEAST_SIDE = 16  # of the pictures that tell ranges, in pixels of what the net gets


def export_run(
    run: Path,
    out: Path,
    report: Callable[[str], None] = print,
    *,
    scale: int | None = None,
    mean: Sequence[str] = (),
) -> Model:
    """Write the model of a run to the folder `out`; of a net of several factors, that of one.

    Precisions and speed are measured on the run's validation pictures; a model
    that breaks its contract is refused and nothing is left behind.

    Parameters
    ----------
    mean
        Runs and models whose weights are averaged with the run's; there is no
        8-bit file then.

    Raises
    ------
    TrainingError
        If the run has no checkpoint, `out` is not a folder of its own, the
        weights of `mean` are another net's, or the model breaks a promise.
    """
    state = open_run(run, scale)
    average_with(state.net, mean)
    round_to_half(state.net)
    _refuse_other_files(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".claritas-", dir=out.parent) as name:
        unfinished = Path(name) / out.name
        model = write_model(state.net, state.config, unfinished, state.pictures, state.steps)
        model = _with_mean(model, mean)
        report(f"Wrote the network: {model.card.net.parameters:,} parameters.")
        rounded = fine_tuned(run, state.net) if scale is None and not mean else None
        if rounded is not None:
            model = add_eight_bits(model, rounded)
            model = eight_bits_alone(model) if state.config.quantisation.alone else model
        if not model.card.contract.outputs:  # a net that rates was compared with torch: enough
            model = _measured(model, state.validation, state.config, report)
            refuse_broken(model)
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(unfinished, out)
    report(f"The model is in {out}; use it with --model {out}")
    return read_card(out)


def export_eight_bits(
    start: str,
    folder: Path,
    out: Path,
    report: Callable[[str], None] = print,
    *,
    steps: int = 0,
) -> Model:
    """A copy of a model with an 8-bit file, its ranges taken from the pictures of a folder.

    Up to twelve pictures, and at most a fifth of all, measure the loss; the
    others tell the ranges, and train where there are `steps`.

    Parameters
    ----------
    start
        A model folder, or the name of a model that ships.
    steps
        Of fine-tuning on patches that were made smaller by bicubic; 0 trains nothing.

    Raises
    ------
    TrainingError
        If there are fewer than two pictures, `out` is not a folder of its own,
        or the model breaks a promise.
    """
    _refuse_other_files(out)
    model = find(start)
    net = NetSettings(model.card.net.kind, model.card.net.arguments)
    data = Data(folder=str(folder), validation=MEASURED)
    schedule = Schedule() if steps else Schedule(patch=LEAST_SIDE)
    stage = Quantisation(steps, TUNING_RATE)
    config = Config(model.card.name, net, data=data, schedule=schedule, quantisation=stage)
    parts = find_parts(config)
    if steps:
        rounded = tuned(model, config, parts, report)
    else:
        rounded = calibrated(model, _small(model, parts.trained[:CALIBRATION], config))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".claritas-", dir=out.parent) as name:
        unfinished = Path(name) / out.name
        shutil.copytree(model.folder, unfinished)
        model = add_eight_bits(read_card(unfinished), rounded)
        model = _measured(model, parts.validation, config, report)
        refuse_broken(model)
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(unfinished, out)
    report(f"The model is in {out}; use it with --model {out}")
    return read_card(out)


def _with_mean(model: Model, others: Sequence[str]) -> Model:
    """The model, its card telling whose weights were averaged with its own."""
    names = [Path(other).name for other in others]
    data = msgspec.structs.replace(model.card.data, mean=names)
    return write_card(model.folder, msgspec.structs.replace(model.card, data=data))


def _small(model: Model, items: Sequence[Item], config: Config) -> list[Array]:
    """What the model gets of these pictures."""
    contract = model.card.contract
    pairs = whole_pairs(items, config, contract.side * contract.scale or CROP, contract.side)
    return [pair.low for pair in pairs if pair.low is not None]


def _measured(
    model: Model, validation: Sequence[Item], config: Config, report: Callable[[str], None]
) -> Model:
    contract = model.card.contract
    crop = contract.side * contract.scale or CROP
    pairs = whole_pairs(validation[:PICTURES], config, crop, contract.side)
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
