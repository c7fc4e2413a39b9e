"""Every recipe of configs/ is one that `claritas train` takes, and each makes its net better."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

torch = pytest.importorskip("torch")

from torch.nn.functional import interpolate  # noqa: E402

from claritas.nets import BACKBONES, NETS, create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.config import read_config  # noqa: E402
from claritas.training.data.patches import Batch  # noqa: E402
from claritas.training.loop import Progress, Watchers, train  # noqa: E402
from claritas.training.objectives import create_objective  # noqa: E402
from tests.nets.forms import SMALL  # noqa: E402
from tests.nets.test_discriminators import SMALL as SMALL_JUDGES  # noqa: E402

pytestmark = pytest.mark.torch

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))
STEPS = 20

# Kind of objective: the parts that may be asked to fall, the first that it has; others need only
# stay finite.
NAMED = {
    "fidelity": ["loss"],
    "perceptual": ["loss"],
    "adversarial": ["l1", "l2"],
    "aesthetic": ["l2_255"],
    "autoencoding": ["reconstruction"],
    "rating": ["rating"],
    "ranking": ["ranking"],
}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_recipe_is_read_and_its_net_and_objective_are_made(path, tiny_run, tiny_rater):
    config = read_config(path)
    with torch.device("meta"):
        net = create(config.net.kind, config.net.arguments)
    assert net.contract.scale == config.net.arguments.get("scale", 1)
    create_objective(tiny_objective(config.objective, tiny_run, tiny_rater))


def test_every_net_has_a_recipe():
    assert {read_config(path).net.kind for path in CONFIGS} == set(NETS | BACKBONES)


def tiny(config):
    """The recipe with the small form of its net, and as short as the test."""
    forms = SMALL.get(config.net.kind, [{"dropout": 0.0, "norm": False}])  # backbones have one size
    scale = config.net.arguments.get("scale", 1)
    fitting = [f for f in forms if f.get("scale", 1) == scale and f.get("channels", 3) != 1]
    arguments = (fitting or [forms[0] | {"scale": scale}])[0]
    if config.net.arguments.get("dense"):
        arguments = config.net.arguments
    net = msgspec.structs.replace(config.net, arguments=arguments, start="")
    schedule = msgspec.structs.replace(config.schedule, steps=STEPS, warmup=1, hold=0)
    return msgspec.structs.replace(config, net=net, schedule=schedule)


def tiny_objective(table, tiny_run, tiny_rater):
    """The objective with small networks of its own: a discriminator, features, a scorer."""
    table = dict(table)
    if "discriminator" in table:
        small = SMALL_JUDGES[table["discriminator"]["kind"]]
        # On some AMD processors torch 2.13 ends with a segmentation fault where a 1x1 convolution
        # with stride 2 has fewer than 12 channels.
        table["discriminator"] = small | table["discriminator"] | {"channels": 16}
    if "perceptual" in table:
        seen = {"network": str(tiny_run), "layers": {"body.blocks.0": 1.0}}
        table["perceptual"] = table["perceptual"] | seen
    if "scorer" in table:
        table["scorer"] = str(tiny_rater)
    return table


def low_side_of(config):
    """That of the recipe where the objective asks for a size, else a small one."""
    asks = "ms_ssim" in config.objective or "side" in config.objective.get("discriminator", {})
    fixed = config.net.kind in BACKBONES or config.objective.get("kind") == "autoencoding"
    return config.schedule.patch if asks else 32 if fixed else 24


def fixed_batch(net, low_side=24, rated=True):
    """Blurred noise and what is left of it, (2, 3, 24, 24) before enlarging."""
    random = torch.Generator().manual_seed(0)
    side = low_side * net.contract.scale
    clean = torch.rand(2, net.contract.channels, side // 4, side // 4, generator=random)
    high = interpolate(clean, size=(side, side), mode="bicubic").clamp(0, 1)
    low = interpolate(high, size=(low_side, low_side), mode="area")
    if net.contract.scale == 1:
        low = (low + 0.1 * torch.randn(low.shape, generator=random)).clamp(0, 1)
    if net.contract.mask:
        hole = (torch.rand(2, 1, low_side, low_side, generator=random) < 0.2).float()
        low = torch.cat([torch.where(hole > 0, 0.5, low), hole], 1)
    if net.contract.outputs and rated:
        high = torch.rand(2, net.contract.outputs, generator=random).softmax(1)
    return Batch(low, high, net.contract.scale)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_twenty_steps_on_one_batch_bring_the_named_part_down(path, tmp_path, tiny_run, tiny_rater):
    config = tiny(read_config(path))
    torch.manual_seed(config.seed)
    net = create(config.net.kind, config.net.arguments)
    rated = config.objective.get("kind") != "ranking"
    batch = fixed_batch(net, low_side_of(config), rated)
    seen: list[Progress] = []
    objective = create_objective(tiny_objective(config.objective, tiny_run, tiny_rater))
    train(config, net, objective, lambda _: batch, tmp_path, watchers=Watchers(seen.append))
    parts = [{"loss": progress.loss} | progress.parts for progress in seen]
    named = next(n for n in NAMED[config.objective.get("kind", "fidelity")] if n in parts[0])
    assert len(parts) == STEPS
    assert parts[-1][named] < parts[0][named]
    assert all(abs(value) < float("inf") for part in parts for value in part.values())
    assert all(p.isfinite().all() for p in as_module(net).parameters())
