"""Weights of others: made here by renaming a fresh net's, and imported back."""

from __future__ import annotations

import re
import tomllib

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from claritas.enhancement.enhancer import Enhancer  # noqa: E402
from claritas.enhancement.plan import Options  # noqa: E402
from claritas.errors import ModelError, UsageError  # noqa: E402
from claritas.image.picture import Picture  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.foreign import Wishes, import_model, recognised  # noqa: E402
from claritas.training.foreign.reading import read_tensors  # noqa: E402
from claritas.zoo.catalogue import find, user_names  # noqa: E402

pytestmark = pytest.mark.torch


def plus(step):
    """A replacement that adds to the numbers of a template: {0} is the first group."""

    def maker(template):
        def replace(match):
            return re.sub(r"\{(\d)\}", lambda g: str(int(match[int(g[1]) + 1]) + step), template)

        return replace

    return maker


ONE, SAME = plus(1), plus(0)
SPAN = [
    (r"blocks\.(\d+)\.convolutions\.(\d+)", ONE("block_{0}.c{1}_r.PART")),
    (r"head", "conv_1.PART"),
    (r"last", "conv_2.PART"),
    (r"fuse", "conv_cat"),
    (r"tail", "upsampler.0"),
]
PARTS = {"shortcut": "sk", "widen": "conv.0", "middle": "conv.1", "narrow": "conv.2"}
RESTORMER = [
    (r"patch_embed", "patch_embed.proj"),
    (r"encoders\.(\d)\.(.*)", lambda m: f"encoder_level{int(m[1]) + 1}.{m[2]}"),
    (r"decoders\.(\d)\.(.*)", lambda m: f"decoder_level{3 - int(m[1])}.{m[2]}"),
    (r"downs\.(\d)\.0", lambda m: f"down{int(m[1]) + 1}_{int(m[1]) + 2}.body.0"),
    (r"ups\.(\d)\.0", lambda m: f"up{4 - int(m[1])}_{3 - int(m[1])}.body.0"),
    (r"reduce\.(\d)", lambda m: f"reduce_chan_level{3 - int(m[1])}"),
]

# Net, arguments, (our layer, the author's) in order: the first pattern that fits all of it.
CASES = {
    "imdn": (
        "imdn",
        {"scale": 3, "blocks": 2, "channels": 32},
        [
            (r"blocks\.(\d+)\.steps\.(\d)", ONE("IMDB{0}.c{1}")),
            (r"blocks\.(\d+)\.last", ONE("IMDB{0}.c4")),
            (r"blocks\.(\d+)\.fuse", ONE("IMDB{0}.c5")),
            (r"blocks\.(\d+)\.attention\.down", ONE("IMDB{0}.cca.conv_du.0")),
            (r"blocks\.(\d+)\.attention\.up", ONE("IMDB{0}.cca.conv_du.2")),
            ("head", "fea_conv"),
            ("join", "c.0"),
            ("fuse", "LR_conv"),
            ("tail", "upsampler.0"),
        ],
    ),
    "pan": (
        "pan",
        {"scale": 3, "channels": 12, "blocks": 2, "fine": 8},
        [
            (r"blocks\.(\d+)\.plain_in", SAME("SCPA_trunk.{0}.conv1_a")),
            (r"blocks\.(\d+)\.weighed_in", SAME("SCPA_trunk.{0}.conv1_b")),
            (r"blocks\.(\d+)\.plain", SAME("SCPA_trunk.{0}.k1.0")),
            (r"blocks\.(\d+)\.weight", SAME("SCPA_trunk.{0}.PAConv.k2")),
            (r"blocks\.(\d+)\.weighed", SAME("SCPA_trunk.{0}.PAConv.k3")),
            (r"blocks\.(\d+)\.after", SAME("SCPA_trunk.{0}.PAConv.k4")),
            (r"blocks\.(\d+)\.fuse", SAME("SCPA_trunk.{0}.conv3")),
            (r"upsampler\.(\d)\.first", ONE("upconv{0}")),
            (r"upsampler\.(\d)\.weight", ONE("att{0}.conv")),
            (r"upsampler\.(\d)\.second", ONE("HRconv{0}")),
            ("head", "conv_first"),
            ("fuse", "trunk_conv"),
            ("tail", "conv_last"),
        ],
    ),
    "span": (
        "span",
        {"scale": 2, "channels": 8, "blocks": 2, "branches": False},
        SPAN,
    ),
    "spanv2": (
        "spanv2",
        {"scale": 2, "channels": 8, "blocks": 2},
        [
            (r"blocks\.(\d+)\.convolutions\.(\d)", ONE("block_{0}.c{1}.conv")),
            (r"blocks\.(\d+)\.guide", ONE("block_{0}.guidance_map_conv")),
            ("copies", "conv_near"),
            ("around", "depthwise_conv"),
            ("tail", "pointwise_conv"),
        ],
    ),
    "errn2": (
        "errn2",
        {"scale": 2, "channels": 8, "blocks": 2, "branches": False},
        [
            (r"blocks\.(\d+)\.convolutions\.(\d)", ONE("block_{0}.rep{1}.rep_conv")),
            ("head", "conv_1"),
            ("fuse", "conv_2"),
            ("tail", "upsampler.0"),
        ],
    ),
    "compact": (
        "compact",
        {"scale": 2, "channels": 8, "depth": 3},
        [(r"layers\.(\d+)", SAME("body.{0}"))],
    ),
    "edsr": (
        "edsr",
        {"scale": 4, "blocks": 2, "channels": 8, "share": 1.0},
        [
            (r"blocks\.(\d+)\.body\.(\d)", SAME("body.{0}.body.{1}")),
            ("head", "head.0"),
            ("fuse", "body.2"),
            (r"upsampler\.(\d)", SAME("tail.0.{0}")),
            ("tail", "tail.1"),
        ],
    ),
    "rdn": (
        "rdn",
        {"scale": 4, "blocks": 2, "depth": 2, "growth": 6, "channels": 8},
        [
            (r"blocks\.(\d+)\.convolutions\.(\d)", SAME("rdbs.{0}.layers.{1}.conv")),
            (r"blocks\.(\d+)\.fuse", SAME("rdbs.{0}.lff")),
            (r"fuse\.(\d)", SAME("gff.{0}")),
            (r"upsampler\.(\d)", SAME("upscale.{0}")),
            ("head", "sfe1"),
            ("second", "sfe2"),
            ("tail", "output"),
        ],
    ),
    "esrgan": (
        "esrgan",
        {"scale": 2, "blocks": 1, "channels": 8, "growth": 4},
        [
            (r"body\.(\d+)\.rdb(\d)\.conv(\d)", SAME("model.1.sub.{0}.RDB{1}.conv{2}.0")),
            ("conv_first", "model.0"),
            ("conv_body", "model.1.sub.1"),
            ("conv_up1", "model.3"),
            ("conv_up2", "model.6"),
            ("conv_hr", "model.8"),
            ("conv_last", "model.10"),
        ],
    ),
    "dncnn": (
        "dncnn",
        {"channels": 1, "depth": 4, "width": 8, "norm": True},
        [(r"layers\.(\d+)", SAME("model.{0}"))],
    ),
    "restormer": (
        "restormer",
        {
            "channels": 3,
            "width": 8,
            "blocks": [1, 1, 1, 1],
            "refinement": 1,
            "heads": [1, 1, 2, 2],
            "expansion": 2.66,
            "biased_norm": True,
        },
        RESTORMER,
    ),
    "nafnet": (
        "nafnet",
        {"channels": 3, "width": 8, "encoders": [1, 2], "middle": 1, "decoders": [1, 1]},
        [
            (r"middle\.(\d+)\.attention\.mix", SAME("middle_blks.{0}.sca.1")),
            (r"middle\.(\d+)(\..*)?", lambda m: f"middle_blks.{m[1]}{m[2] or ''}"),
            (r"(.*)\.attention\.mix", r"\1.sca.1"),
        ],
    ),
}


def fresh(kind, arguments):
    torch.manual_seed(0)
    net = create(kind, arguments)
    with torch.no_grad():
        for parameter in as_module(net).parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    as_module(net).eval()
    return net


def foreign_layer(layer, names):
    for pattern, author in names:
        if re.fullmatch(pattern, layer):
            return re.sub(f"^{pattern}$", author, layer)
    return layer


def as_author(net, names):
    """The tensors of a net under its author's names."""
    found = {}
    for name, tensor in as_module(net).state_dict().items():
        layer, _, kind = name.removeprefix("body.").rpartition(".")
        found[f"{foreign_layer(layer, names)}.{kind}"] = tensor.clone()
    return found


def span_tensors(net, branches):
    """SPAN's two kinds of files: what was trained, with stale copies, or merged."""
    names = [*SPAN]
    found = {}
    for name, tensor in as_module(net).state_dict().items():
        layer, _, kind = name.removeprefix("body.").rpartition(".")
        part = "eval_conv"
        if branches and layer.rpartition(".")[2] in PARTS:
            layer, _, own = layer.rpartition(".")
            part = PARTS[own]
        found[f"{foreign_layer(layer, names).replace('PART', part)}.{kind}"] = tensor.clone()
    if branches:
        found["conv_1.eval_conv.weight"] = torch.full((8, 3, 3, 3), torch.nan)
    return found


def restormer_tensors(net, names):
    """Norms of Restormer's files lie one deeper, and are flat."""
    moved = {}
    for name, tensor in as_author(net, names).items():
        norm = re.search(r"norm\d\.(weight|bias)$", name)
        deeper = re.sub(r"(norm\d)\.", r"\1.body.", name) if norm else name
        moved[deeper] = tensor.flatten() if norm else tensor
    return moved


def author_file(case, path):
    kind, arguments, names = CASES[case]
    net = fresh(kind, arguments)
    if case == "span":
        tensors = span_tensors(net, branches=False)
    elif case == "restormer":
        tensors = restormer_tensors(net, names)
    else:
        tensors = as_author(net, names)
    torch.save({"params_ema": tensors}, path)
    return net


def assert_same(found, net, arguments):
    assert {key: found.arguments[key] for key in arguments} == arguments
    c, m = net.contract.channels, max(net.contract.multiple, net.contract.minimum, 4)
    picture = torch.rand(1, c, 3 * m, 4 * m)
    with torch.no_grad():
        assert torch.allclose(found.net(picture), net(picture), atol=1e-5)


@pytest.fixture(autouse=True)
def own_models(tmp_path, monkeypatch):
    monkeypatch.setenv("CLARITAS_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


# What shapes do not tell is seen in trained weights alone: the factor of one stage of PAN.
@pytest.mark.parametrize("case", [case for case in CASES if case != "pan"])
def test_a_file_in_its_authors_names_gives_the_net_that_it_was_made_of(case, tmp_path):
    net = author_file(case, tmp_path / "net.pth")
    found = recognised(read_tensors(tmp_path / "net.pth"), tmp_path / "net.pth")
    assert found.kind == CASES[case][0]
    assert_same(found, net, CASES[case][1])


def test_all_layers_of_pan_are_known(tmp_path):
    author_file("pan", tmp_path / "net.pth")
    found = recognised(read_tensors(tmp_path / "net.pth"), tmp_path / "net.pth")
    assert (found.kind, found.arguments["blocks"], found.arguments["fine"]) == ("pan", 2, 8)


def test_spans_branches_are_read_and_its_stale_copies_are_not(tmp_path):
    arguments = {"scale": 2, "channels": 8, "blocks": 2, "branches": True}
    net = fresh("span", arguments)
    file = tmp_path / "span.safetensors"
    save_file({f"module.{k}": v for k, v in span_tensors(net, True).items()}, file)
    found = recognised(read_tensors(file), file)
    assert found.arguments["branches"]
    picture = torch.rand(1, 3, 9, 12)
    same = create("span", found.arguments | {"gain": 1.0})
    as_module(same).load_state_dict(as_module(found.net).state_dict())
    with torch.no_grad():
        assert torch.allclose(same(picture), net(picture), atol=1e-5)


def test_layers_by_number_in_an_npz_are_dncnn(tmp_path):
    net = fresh("dncnn", {"channels": 3, "depth": 3, "width": 8, "norm": False})
    arrays = {}
    for name, tensor in as_module(net).state_dict().items():
        number, kind = name.removeprefix("body.layers.").split(".")
        arrays[f"{kind[0]}{int(number) // 2:02}"] = tensor.numpy()
    np.savez(tmp_path / "net.npz", **arrays)
    found = recognised(read_tensors(tmp_path / "net.npz"), tmp_path / "net.npz")
    assert found.task == "denoise"
    assert_same(found, net, {"channels": 3, "depth": 3, "width": 8, "norm": False})


def test_an_imported_model_is_one_by_its_name(tmp_path, own_models):
    net = author_file("compact", tmp_path / "net.pth")
    wishes = Wishes(licence="BSD-3-Clause", origin="a test")
    model = import_model(tmp_path / "net.pth", "mine", wishes, report=lambda _: None)
    assert user_names() == ["mine"]
    assert model.folder == own_models / "mine"
    card = tomllib.loads((own_models / "mine/card.toml").read_text("utf-8"))
    assert card["licence"] == "BSD-3-Clause"
    assert card["contract"]["edges"] == "own"
    assert card["data"]["start"].startswith("a test, SHA-256 ")
    shades = np.random.default_rng(0).integers(0, 256, (9, 13, 3), np.uint8)
    result = Enhancer(Options(model="mine"))(Picture.from_array(shades)).array()
    picture = torch.from_numpy(shades).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        wanted = (net(picture)[0].permute(1, 2, 0).clamp(0, 1) * 255).round().numpy()
    assert np.abs(result - wanted).max() <= 1


def test_a_name_that_is_taken_needs_overwrite(tmp_path):
    author_file("compact", tmp_path / "net.pth")
    first = import_model(tmp_path / "net.pth", "mine", report=lambda _: None)
    with pytest.raises(UsageError, match="mine already"):
        import_model(tmp_path / "net.pth", "mine", report=lambda _: None)
    author_file("spanv2", tmp_path / "net.pth")
    import_model(tmp_path / "net.pth", "mine", overwrite=True, report=lambda _: None)
    assert find("mine").card.net.kind == "spanv2" != first.card.net.kind


@pytest.mark.parametrize("name", ["photo-x2", "../mine", ".mine", ""])
def test_a_name_that_ships_or_is_none_is_refused(name, tmp_path):
    author_file("compact", tmp_path / "net.pth")
    with pytest.raises(UsageError):
        import_model(tmp_path / "net.pth", name, report=lambda _: None)


class Code:
    """A pickle that writes a file when it is read."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return (open, (str(self.file), "w"))


@pytest.mark.parametrize("suffix", ["pth", "npz"])
def test_a_pickle_with_code_is_refused_and_not_run(suffix, tmp_path, own_models):
    file, ran = tmp_path / f"net.{suffix}", tmp_path / "ran"
    if suffix == "npz":
        np.savez(file, w00=np.array([Code(ran)], dtype=object))
    else:
        torch.save({"params": Code(ran)}, file)
    with pytest.raises(ModelError, match="pickle with code"):
        import_model(file, "mine", report=lambda _: None)
    assert not ran.exists()
    assert not (own_models / "mine").exists()


@pytest.mark.parametrize("suffix", ["pth", "npz", "onnx", "safetensors"])
def test_a_file_that_is_none_is_one_error_that_names_it(suffix, tmp_path):
    file = tmp_path / f"net.{suffix}"
    file.write_bytes(b"not weights at all" * 20)
    with pytest.raises(ModelError, match=rf"net\.{suffix}"):
        read_tensors(file)


def test_a_tensor_that_does_not_fit_is_an_error_that_names_it(tmp_path):
    author_file("compact", tmp_path / "net.pth")
    tensors = read_tensors(tmp_path / "net.pth") | {"body.2.weight": torch.zeros(8, 7, 3, 3)}
    with pytest.raises(ModelError, match=r"layers\.2\.weight"):
        recognised(tensors, tmp_path / "net.pth")


def test_a_net_of_no_known_family_says_what_would_be_one(tmp_path):
    with pytest.raises(ModelError, match=r"strange\.weight"):
        recognised({"strange.weight": torch.zeros(1)}, tmp_path / "net.pth")


def test_a_restoration_net_needs_its_task(tmp_path):
    author_file("nafnet", tmp_path / "net.pth")
    with pytest.raises(UsageError, match="trained to do"):
        import_model(tmp_path / "net.pth", "mine", report=lambda _: None)
