from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.config import read_config  # noqa: E402
from claritas.training.data.patches import Pair, PatchSampler, Wanted  # noqa: E402
from claritas.training.muon import Muon, orthogonal, split_parameters  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("shape", [(16, 144), (64, 16), (32, 32)])
def test_an_orthogonalised_matrix_has_singular_values_near_one(shape):
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_muon_takes_the_convolutions_between_the_first_and_the_last():
    net = as_module(create("plain", {"scale": 2, "channels": 16, "blocks": 1, "depth": 2}))
    inner, rest = split_parameters(net)
    assert [tuple(p.shape) for p in inner] == [(16, 16, 3, 3), (16, 16, 3, 3), (16, 16, 1, 1)]
    assert len(inner) + len(rest) == len(list(net.parameters()))


def test_muon_goes_downhill():
    weight = torch.nn.Parameter(torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(1)))
    target = torch.zeros_like(weight)
    optimiser = Muon([weight], lr=0.2)
    before = (weight - target).square().sum().item()
    for _ in range(30):
        optimiser.zero_grad()
        (weight - target).square().sum().backward()
        optimiser.step()
    assert (weight - target).square().sum().item() < 0.5 * before


def pairs():
    random = np.random.default_rng(2)
    for _ in range(3):
        low = random.integers(0, 256, (20, 26, 3), np.uint8)
        yield Pair(low, low.repeat(2, 0).repeat(2, 1))


@pytest.fixture
def sampler():
    return PatchSampler({2: list(pairs())}, seed=3)


def test_a_step_sees_the_same_batch_whenever_it_is_asked(sampler):
    first, again = (sampler(Wanted(7, 8, 5, 2)) for _ in range(2))
    assert torch.equal(first.low, again.low)
    assert not torch.equal(first.low, sampler(Wanted(8, 8, 5, 2)).low)


def test_processes_share_the_rows_of_one_batch(sampler):
    whole = sampler(Wanted(7, 8, 6, 2)).low
    for rank in range(3):
        assert torch.equal(sampler(Wanted(7, 8, 6, 2, rank, 3)).low, whole[rank::3])


def test_a_patch_and_its_truth_are_cut_flipped_and_turned_together(sampler):
    batch = sampler(Wanted(0, 8, 16, 2))
    assert torch.equal(batch.high[..., ::2, ::2], batch.low)
    assert batch.low.shape == (16, 3, 8, 8)
    assert batch.scale == 2
    assert batch.low.min() >= 0
    assert batch.low.max() <= 1


def test_a_recipes_file_takes_the_place_of_its_name(tmp_path):
    (tmp_path / "fog.toml").write_text('description = "fog"\nsteps = []\n')
    path = tmp_path / "a.toml"
    path.write_text('name = "a"\ndegradation = { recipe = "fog.toml" }\nnet = { kind = "edsr" }\n')
    assert read_config(path).degradation == {"description": "fog", "steps": []}
    with pytest.raises(UsageError, match=r"smoke\.toml"):
        read_config(path, ["degradation.recipe=smoke.toml"])
