"""Frozen networks that an objective looks through: which, with what weights, and their gradient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from claritas.errors import TrainingError, UsageError  # noqa: E402
from claritas.nets.contract import parameter_count  # noqa: E402
from claritas.nets.vgg19 import VGG19, layers  # noqa: E402
from claritas.training.data.patches import Batch  # noqa: E402
from claritas.training.objectives import WithModules, create_objective  # noqa: E402
from claritas.training.objectives.features import create_features  # noqa: E402
from claritas.training.objectives.sharpening import sharpened  # noqa: E402
from tests.training.unchanged import Unchanged  # noqa: E402

pytestmark = pytest.mark.torch

ROOT = Path(__file__).parents[3]
BACKBONE = ROOT.parent / "shared/data/backbones/mobilenet_v2_1.0_imagenet_folded.npz"


def table(run, **changes):
    return {
        "kind": "perceptual",
        "fidelity": {"l1": 1.0},
        "perceptual": {"network": str(run), "layers": {"body.blocks.0": 1.0}} | changes,
    }


def test_vgg19_has_torchvisions_numbers_and_size():
    names = list(layers())
    wanted = {"conv1_2": 2, "conv2_2": 7, "conv3_4": 16, "conv4_4": 25, "conv5_4": 34}
    assert {name: names.index(name) for name in wanted} == wanted
    assert names.index("relu5_4") == 35
    with torch.device("meta"):
        assert parameter_count(VGG19(["relu5_4"])) == 20_024_384


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory):
    """The first stage of VGG19, random, with a classifier's tensor beside it."""
    torch.manual_seed(0)
    tensors = VGG19(["conv2_1"]).state_dict() | {"classifier.6.bias": torch.zeros(1000)}
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save(tensors, path)
    save_file(tensors, path.with_suffix(".safetensors"))
    return path


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_vgg19_gives_what_its_layers_give_before_and_after_the_relu(vgg_file, suffix):
    file = vgg_file.with_suffix(suffix)
    seen = create_features("vgg19", ["conv1_2", "relu1_2"], str(file), "")(torch.rand(1, 3, 16, 16))
    assert seen["conv1_2"].min() < 0
    assert torch.equal(seen["relu1_2"], seen["conv1_2"].relu())


def test_vgg19_sees_pictures_less_the_mean_of_imagenet(vgg_file):
    net = create_features("vgg19", ["conv1_1"], str(vgg_file), "")
    grey = torch.tensor([0.485, 0.456, 0.406])[None, :, None, None].expand(1, 3, 8, 8)
    bias = net.get_parameter("features.0.bias")
    assert torch.allclose(net(grey)["conv1_1"][0, :, 4, 4], bias, atol=1e-5)


def test_weights_of_another_network_are_refused(tmp_path):
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(TrainingError, match="not of VGG19"):
        create_features("vgg19", ["conv1_1"], str(tmp_path / "other.pth"), "")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"network": "vgg19"}, "need its weights"),
        ({"network": "nope"}, "nope"),
        ({"layers": {"roof": 1.0}}, "roof"),
        ({"layers": {}}, "no layer"),
        ({"distance": "l3"}, "l3"),
        ({"colour": 1}, "colour"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(tiny_run, changes, word):
    with pytest.raises(UsageError, match=word):
        create_objective(table(tiny_run, **changes))


def test_a_net_of_ours_is_looked_at_in_the_middle_and_stays_as_it_is(tiny_run):
    objective = create_objective(table(tiny_run, weight=0.5))
    low = torch.rand(2, 3, 12, 12, requires_grad=True)
    batch = Batch(low, torch.rand(2, 3, 12, 12))
    parts = objective(Unchanged(), batch)
    assert parts["loss"].item() == pytest.approx((parts["l1"] + 0.5 * parts["perceptual"]).item())
    parts["perceptual"].backward()
    assert torch.isfinite(low.grad).all()
    assert low.grad.abs().sum() > 0
    assert isinstance(objective, WithModules)
    assert not any(p.requires_grad for p in objective.modules.parameters())


def test_the_features_of_a_picture_are_at_no_distance_from_themselves(tiny_run):
    objective, picture = create_objective(table(tiny_run)), torch.rand(1, 3, 12, 12)
    assert objective(Unchanged(), Batch(picture, picture))["perceptual"].item() == 0


def test_a_gain_is_of_the_features_not_of_the_term(tiny_run):
    batch = Batch(torch.rand(1, 3, 12, 12), torch.rand(1, 3, 12, 12))
    plain, tenth = (
        create_objective(table(tiny_run, distance="l2", gain=gain))(Unchanged(), batch)
        for gain in (1.0, 0.1)
    )
    assert tenth["perceptual"].item() == pytest.approx(0.01 * plain["perceptual"].item(), rel=1e-4)


@pytest.mark.shared
@pytest.mark.skipif(not BACKBONE.is_file(), reason="needs ../shared")
def test_the_backbone_of_arrays_is_looked_through_and_has_a_gradient():
    features = create_features("mobilenet", ["features.1", "features.6"], str(BACKBONE), "")
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    seen = features(picture)
    shapes = {name: tuple(map_.shape) for name, map_ in seen.items()}
    assert shapes == {"features.1": (1, 16, 32, 32), "features.6": (1, 32, 8, 8)}
    seen["features.6"].abs().mean().backward()
    assert torch.isfinite(picture.grad).all()


def test_sharpening_leaves_flat_parts_and_steepens_edges():
    step = torch.full((1, 1, 60, 60), 0.3)
    step[..., 30:] = 0.7
    sharp = sharpened(step)[0, 0, 30].numpy()
    assert np.allclose(sharpened(torch.full((1, 3, 60, 60), 0.4)), 0.4, atol=1e-6)
    assert sharp[29] < 0.29
    assert sharp[30] > 0.71
    assert sharp.min() >= 0
