"""The contract of nets that rate pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from torch.nn import functional  # noqa: E402

from claritas.errors import TrainingError  # noqa: E402
from claritas.nets import BACKBONES, create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.deployment.onnx_file import parity, write_onnx  # noqa: E402
from claritas.training.start import take_over  # noqa: E402

pytestmark = pytest.mark.torch

KERAS = Path(__file__).parents[3] / "shared/data/backbones/mobilenet_v2_1.0_imagenet_folded.npz"


def made(kind, **arguments):
    torch.manual_seed(0)
    net = create(kind, arguments)
    for name, buffer in as_module(net).named_buffers():
        if "running" in name:  # norms that do something
            buffer.add_(0.3 * torch.rand_like(buffer))
    return net


@pytest.mark.parametrize("kind", BACKBONES)
class TestContract:
    def test_shares_sum_to_one_at_any_size(self, kind):
        net = as_module(made(kind)).eval()
        for h, w in ((32, 32), (45, 70)):
            shares = net(torch.rand(2, 3, h, w))
            assert shares.shape == (2, 10)
            assert torch.allclose(shares.sum(1), torch.ones(2))

    def test_every_parameter_gets_a_finite_gradient(self, kind):
        net = as_module(made(kind))  # in training: fresh weights fade without their norms
        net(torch.rand(2, 3, 64, 64)).square().sum().backward()
        for name, parameter in net.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().sum() > 0, name

    def test_the_onnx_file_gives_what_torch_gives(self, kind, tmp_path):
        net = made(kind)
        write_onnx(net, tmp_path / "net.onnx")
        assert parity(net, tmp_path / "net.onnx") < 1e-5
        file = onnx.load(tmp_path / "net.onnx")
        wanted = {name for name, _ in net.deployed().named_parameters()}
        assert wanted <= {initialiser.name for initialiser in file.graph.initializer}

    def test_the_deployed_form_can_be_trained_on(self, kind):
        tensors = made(kind).deployed().state_dict()
        net, picture = made(kind).deployed(), torch.rand(1, 3, 48, 48)
        for other in (create(kind, {"norm": False}), create(kind)):
            form = as_module(other).eval()
            form.load_state_dict(other.trained_form(tensors))
            with torch.no_grad():
                assert torch.allclose(form(picture), net(picture), atol=1e-5)


@pytest.mark.shared
@pytest.mark.skipif(not KERAS.is_file(), reason="the shared data are not here")
def test_the_weights_of_keras_give_what_their_own_file_says():
    """Read beside the net, layer by layer as the data's README tells, in float64."""
    net = create("mobilenet-v2", {"norm": False})
    assert take_over(net, KERAS) == 2 * 52
    picture = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = as_module(net).eval().get_submodule("features")
        found = features(2 * picture - 1).numpy()
    assert np.allclose(found, features_of(KERAS, 2 * picture.double() - 1), atol=1e-4)


def features_of(path, x):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    narrow = x
    for number, (kind, stride, bent) in enumerate(
        zip(arrays["kind"], arrays["stride"], arrays["relu6"], strict=True)
    ):
        name = f"l{number:02d}"
        if f"{name}_q" in arrays:
            scale = arrays[f"{name}_scale"][:, None, None, None]
            scale = scale if kind == "conv" else scale.reshape(1, 1, 1, -1)
            weight = arrays[f"{name}_q"].astype(np.float64) * scale
        else:
            weight = arrays[f"{name}_w"].astype(np.float64)
        turned = weight.transpose(0, 3, 1, 2) if kind == "conv" else weight.transpose(3, 0, 1, 2)
        side = turned.shape[-1]
        before = 1 if side == 3 and stride == 1 else 0
        x = functional.pad(x, (before, side // 2, before, side // 2))
        x = functional.conv2d(
            x,
            torch.from_numpy(turned.copy()),
            torch.from_numpy(arrays[f"{name}_bias"].astype(np.float64)),
            int(stride),
            groups=1 if kind == "conv" else len(turned),
        )
        if bent:
            x = x.clamp(0, 6)
        else:
            x = x + narrow if x.shape == narrow.shape else x
            narrow = x
    return x.numpy()


def test_an_npz_with_other_arrays_is_an_error_that_names_it(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(TrainingError, match=r"other\.npz"):
        take_over(create("mobilenet-v2", {"norm": False}), tmp_path / "other.npz")
    np.savez(tmp_path / "bad.npz", kind=np.array([{}], object))
    with pytest.raises(TrainingError, match=r"bad\.npz"):
        take_over(create("mobilenet-v2", {"norm": False}), tmp_path / "bad.npz")
