"""One contract for every net of `claritas.nets`, and golden parameter counts."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from claritas.errors import UsageError  # noqa: E402
from claritas.nets import NETS, create  # noqa: E402
from claritas.nets.branches import Branched  # noqa: E402
from claritas.nets.contract import as_module, measured_halo, parameter_count  # noqa: E402
from claritas.training.deployment.onnx_file import multiply_adds, parity, write_onnx  # noqa: E402
from tests.nets.forms import GOLDEN, SMALL  # noqa: E402

pytestmark = pytest.mark.torch

FORMS = [(kind, form) for kind, forms in SMALL.items() for form in forms]


def made(kind, arguments):
    torch.manual_seed(0)
    net = create(kind, arguments)
    with torch.no_grad():  # biases of zero would hide faults
        for parameter in as_module(net).parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return net


def names_of(net):
    return {name for name, _ in net.deployed().named_parameters()}


def test_every_net_is_under_contract():
    assert set(SMALL) == set(NETS)


@pytest.mark.parametrize(("kind", "arguments", "count"), GOLDEN)
def test_the_parameter_count_is_golden(kind, arguments, count):
    with torch.device("meta"):
        assert parameter_count(as_module(create(kind, arguments))) == count


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_the_onnx_file_gives_what_torch_gives(kind, form, tmp_path):
    net = made(kind, form)
    write_onnx(net, tmp_path / "net.onnx")
    assert parity(net, tmp_path / "net.onnx") < 1e-5
    # Under their own names, so that training can go on from the file.
    file = onnx.load(tmp_path / "net.onnx")
    assert names_of(net) <= {initialiser.name for initialiser in file.graph.initializer}


@pytest.mark.parametrize(("kind", "form"), FORMS)
class TestContract:
    def test_the_result_is_scale_times_as_large(self, kind, form):
        net = made(kind, form)
        c, s = net.contract.channels, net.contract.scale
        least = max(net.contract.minimum, net.contract.multiple)
        sizes = ((least, least), (3 * least, 4 * least) if least > 1 else (7, 12))
        for h, w in sizes[:1] if net.contract.side else sizes:
            assert net(torch.rand(2, net.contract.fed, h, w)).shape == (2, c, h * s, w * s)

    def test_every_parameter_gets_a_finite_gradient(self, kind, form):
        net = made(kind, form)
        as_module(net).eval()  # in training a batch norm cancels the bias before it
        side = net.contract.side or max(12, 2 * net.contract.multiple)
        pictures = torch.rand(2, net.contract.fed, side, side)
        # A net of several factors has weights that only its other factors use.
        results = net.all_scales(pictures).values() if kind == "mdsr" else [net(pictures)]
        if kind == "vae":  # the variance is only used where a code is drawn
            results = net(pictures, torch.randn(2, net.latent))
        sum(result.square().mean() for result in results).backward()
        for name, parameter in as_module(net).named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().sum() > 0, name

    def test_the_halo_is_honest_and_not_wasteful(self, kind, form):
        net = made(kind, form)
        measured = measured_halo(net)
        if net.contract.whole:
            assert measured == (net.contract.side or 96) // 2  # as far as the picture goes
            return
        assert measured <= net.contract.halo <= measured + 2

    def test_the_deployed_form_can_be_trained_on(self, kind, form):
        net, other = made(kind, form), create(kind, form)
        tensors = net.deployed().state_dict()
        as_module(other).load_state_dict(net.trained_form(tensors), strict=False)
        side = net.contract.side or max(16, net.contract.multiple)
        picture = torch.rand(1, net.contract.fed, side, side)
        for module in (as_module(net), as_module(other)):
            module.eval()  # noise is for training, as are a batch's statistics
        with torch.no_grad():
            assert torch.allclose(other(picture), net(picture), atol=1e-5)

    def test_multiply_adds_are_counted(self, kind, form):
        assert multiply_adds(made(kind, form)) > 100


def test_every_factor_of_mdsr_is_what_ships_for_it():
    net = made("mdsr", SMALL["mdsr"][0])
    picture = torch.rand(1, 3, 9, 14)
    for scale, result in net.all_scales(picture).items():
        other = create("mdsr", {**SMALL["mdsr"][0], "scale": scale})
        as_module(other).load_state_dict(as_module(net).state_dict())
        with torch.no_grad():
            assert result.shape == (1, 3, 9 * scale, 14 * scale)
            assert torch.allclose(other.deployed()(255 * picture) / 255, result, atol=1e-5)


@pytest.mark.parametrize("kind", ["span", "disp", "errn2"])
def test_branches_ship_as_one_convolution_that_answers_the_same(kind):
    net = made(kind, SMALL[kind][0])
    picture = torch.rand(1, 3, 9, 14)
    with torch.no_grad():
        assert torch.allclose(net.deployed()(picture), net(picture), atol=1e-5)
    assert parameter_count(net.deployed()) < parameter_count(as_module(net)) / 2


def test_a_branched_convolution_is_its_branches_one_after_another():
    torch.manual_seed(0)
    one = Branched(3, 5)
    picture = torch.rand(1, 3, 7, 8)
    row = one.narrow(one.middle(one.widen(torch.nn.functional.pad(picture, (1, 1, 1, 1)))))
    assert torch.allclose(one(picture), row + one.shortcut(picture), atol=1e-6)


def test_flat_pictures_give_imdn_a_finite_gradient():
    net = create("imdn", SMALL["imdn"][0])
    for parameter in as_module(net).parameters():
        if parameter.ndim == 1:  # no biases: every channel is flat
            torch.nn.init.zeros_(parameter)
    net(torch.zeros(1, 3, 8, 8)).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in as_module(net).parameters())


def test_the_shipped_net_cannot_see_flat_colour():
    net = made("plain", SMALL["plain"][0])
    flat = torch.tensor([0.1, 0.6, 0.9])[None, :, None, None].expand(1, 3, 20, 20)
    with torch.no_grad():
        inside = net(flat)[..., 14:-14, 14:-14] - flat[..., :1, :1]
    assert inside.abs().max() < 1e-5


def test_an_unknown_net_or_argument_is_refused_and_those_that_exist_are_told():
    with pytest.raises(UsageError, match="edsrr") as error:
        create("edsrr")
    assert "edsr" in error.value.expected
    with pytest.raises(UsageError, match="scales") as error:
        create("edsr", {"scales": 2})
    assert "scale" in error.value.expected
