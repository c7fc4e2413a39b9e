"""The 8-bit file of a model: fine-tuned at the end of a run, or from a model and some pictures."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import torch
from lightning_fabric import Fabric
from torch import Tensor

from claritas.errors import TrainingError
from claritas.image.picture import Array
from claritas.nets import create
from claritas.nets.contract import Centring, Net, as_module
from claritas.training.checkpoint import load_checkpoint, load_module
from claritas.training.config import Config
from claritas.training.data.feed import Report, make_sampler
from claritas.training.data.patches import Sampler
from claritas.training.data.sources import Parts
from claritas.training.deployment.eight_bits import EightBits, in_eight_bits, with_ranges
from claritas.training.deployment.model_folder import write_card
from claritas.training.deployment.onnx_file import write_onnx
from claritas.training.loop import Watchers, train
from claritas.training.machines import launch
from claritas.training.objectives import Objective, create_objective
from claritas.training.schedules import wanted
from claritas.training.start import take_over
from claritas.zoo.card import Model, Precision, PrecisionName

CHECKPOINTS = "eight-bits"
WEIGHTS = "model-int8.onnx"
CALIBRATION = 48  # batches or pictures that tell the first ranges
CROP = 128  # of the pictures, in pixels of what the net gets


def fine_tune(
    run: Path,
    config: Config,
    net: Net,
    objective: Objective,
    sampler: Sampler,
    fabric: Fabric,
    watchers: Watchers,
) -> None:
    """The stage under fake quantisation, from the trained net, with checkpoints of its own."""
    stage = _stage(config)

    def batches() -> Iterator[Tensor]:
        for step in range(CALIBRATION):
            asked = wanted(stage, net.contract.scale, step, stage.schedule.steps)
            yield sampler(asked).low.to(fabric.device)

    rounded = in_eight_bits(net, batches())
    checkpoints = run / CHECKPOINTS
    train(stage, rounded, objective, sampler, checkpoints, fabric=fabric, watchers=watchers)


def _stage(config: Config) -> Config:
    """The stage's own length and rate; Muon's orthogonal steps would never let weights settle."""
    replace = msgspec.structs.replace
    settings = config.quantisation
    optimiser = replace(config.optimiser, muon=0.0, adam=settings.adam)
    schedule = replace(
        config.schedule, steps=settings.steps, rate="cosine", hold=0, stages=(), milestones=()
    )
    return replace(config, optimiser=optimiser, schedule=schedule)


def fine_tuned(run: Path, net: Net) -> Net | None:
    """The net of that stage, with its averaged weights; None where the run has none yet."""
    checkpoint = load_checkpoint(run / CHECKPOINTS)
    if checkpoint is None:
        return None
    rounded = with_ranges(net)
    load_module("average", as_module(rounded), checkpoint.tensors)
    return _centred(rounded)


def calibrated(model: Model, pictures: Sequence[Array]) -> Net:
    """A model's net with ranges taken from pictures, uint8, as the model gets them.

    Raises
    ------
    TrainingError
        If there are no pictures.
    """
    if not pictures:
        raise TrainingError("There are no pictures to calibrate with", "a folder of a dozen")
    net = _net_of(model)
    crops = (picture[:CROP, :CROP] for picture in pictures[:CALIBRATION])
    planes = (torch.from_numpy(crop.copy()).permute(2, 0, 1)[None] for crop in crops)
    return _centred(in_eight_bits(net, (plane.float() / 255 for plane in planes)))


def tuned(model: Model, config: Config, parts: Parts, report: Report) -> Net:
    """A model's net after the steps of `config.quantisation` on patches of those pictures."""
    net = _net_of(model)
    sampler = make_sampler(config, parts, report)
    objective = create_objective(config.objective)
    with tempfile.TemporaryDirectory(prefix="claritas-") as name:
        run = Path(name)
        fine_tune(run, config, net, objective, sampler, launch(config), Watchers())
        rounded = fine_tuned(run, net)
    assert rounded is not None  # the last step leaves a checkpoint
    return rounded


def _centred(rounded: Net) -> Net:
    if isinstance(rounded, Centring):
        rounded.centre()
    return rounded


def _net_of(model: Model) -> Net:
    net = create(model.card.net.kind, model.card.net.arguments)
    take_over(net, model.folder)
    return net


def add_eight_bits(model: Model, rounded: Net) -> Model:
    """Write the 8-bit file into a model's folder and name it in the card, unmeasured."""
    path = model.folder / WEIGHTS
    write_onnx(EightBits(rounded), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    precision = model.card.precision | {"int8": Precision(WEIGHTS, digest)}
    return write_card(model.folder, msgspec.structs.replace(model.card, precision=precision))


def eight_bits_alone(model: Model) -> Model:
    """Let the 8-bit file serve all precisions, and drop the other one."""
    model.file("fp32").unlink()
    eight = model.card.precision["int8"]
    precision: dict[PrecisionName, Precision] = {"fp32": eight, "int8": eight}
    return write_card(model.folder, msgspec.structs.replace(model.card, precision=precision))
