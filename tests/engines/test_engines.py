"""Every engine keeps the same contract: the fake one and numpy's finish are the oracle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from claritas.engines.devices import list_devices, make_engine, native_precisions
from claritas.engines.engine import Finish, Request, is_sane
from claritas.enhancement.enhancer import finish_of
from claritas.errors import EngineError, UsageError
from claritas.zoo.catalogue import names, shipped

RANDOM = np.random.default_rng(3)
PICTURE = RANDOM.integers(0, 256, (1, 40, 52, 3), np.uint8)


def computes_in_floats(name: str) -> bool:
    """Whether its file for fp32 is another than that of 8 bits, which round on their own."""
    precision = shipped()[name].card.precision
    return "int8" not in precision or precision["int8"].file != precision["fp32"].file


PICTURES = [
    name
    for name in names()
    if not shipped()[name].card.contract.outputs and computes_in_floats(name)
]


@pytest.fixture(scope="module", params=PICTURES)
def model(request):
    return shipped()[request.param]


def request_for(model, **changes) -> Request:
    return Request(**({"weights": model.file("fp32"), "finish": finish_of(model)} | changes))


def fed(samples: str) -> np.ndarray:
    return PICTURE if samples == "uint8" else PICTURE.astype(np.float32) / 255


@pytest.mark.parametrize("samples", ["uint8", "float32"])
def test_engines_agree_on_a_model(model, samples):
    results = []
    for engine in ("openvino", "onnxruntime"):
        made = make_engine(engine, request_for(model, samples=samples))
        results.append(made.run({"picture": fed(samples)})["picture"].astype(np.float64))
    tolerance = 1 if samples == "uint8" else 1e-5
    assert np.abs(results[0] - results[1]).max() <= tolerance
    assert np.mean(results[0] != results[1]) < 0.001 or samples == "float32"


def test_bytes_are_the_floats_rounded_once(model):
    floats = make_engine("openvino", request_for(model)).run({"picture": fed("float32")})
    whole = make_engine("openvino", request_for(model, samples="uint8")).run({"picture": PICTURE})
    rounded = np.rint(np.clip(floats["picture"], 0, 1) * 255)
    assert np.mean(rounded != whole["picture"]) < 1e-4


def test_half_precision_leaves_the_interpolation_in_float32(model):
    if "bf16" not in native_precisions("openvino", "auto"):
        pytest.skip("this processor has no bf16")
    across, down = np.meshgrid(np.linspace(60, 180, 64), np.linspace(0, 40, 48))
    ramp = np.rint(np.repeat((across + down)[None, ..., None], 3, -1)).astype(np.uint8)
    exact, half = (
        make_engine("openvino", request_for(model, precision=precision, samples="uint8"))
        .run({"picture": ramp})["picture"]
        .astype(int)
        for precision in ("fp32", "bf16")
    )
    # An interpolation rounded to bf16 is off by up to half a level at 128 and above.
    assert np.abs(exact - half).max() <= 1
    assert np.mean(exact != half) < 0.05


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_a_precision_that_the_processor_lacks_is_refused(model, precision):
    if precision in native_precisions("openvino", "auto"):
        engine = make_engine("openvino", request_for(model, precision=precision))
        assert engine.describe().precision == precision
    else:
        with pytest.raises(UsageError, match=precision):
            make_engine("openvino", request_for(model, precision=precision))


def test_a_device_that_is_not_there_is_refused_and_those_that_are_there_are_told(model):
    with pytest.raises(UsageError, match="no device 'npu9'") as error:
        make_engine("openvino", request_for(model, device="npu9"))
    assert "cpu" in error.value.expected


def test_an_unknown_engine_is_refused(model):
    with pytest.raises(UsageError, match="tensorrt"):
        make_engine("tensorrt", request_for(model))


def test_a_file_that_is_no_network_is_an_error_that_names_it(tmp_path: Path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"this is text")
    for engine in ("openvino", "onnxruntime"):
        with pytest.raises(EngineError, match=r"broken\.onnx"):
            make_engine(engine, Request(broken, Finish(2)))


def test_threads_share_an_engine_and_results_are_their_own(model):
    engine = make_engine("openvino", request_for(model, samples="uint8"))
    pictures = [RANDOM.integers(0, 256, (1, 24, 30, 3), np.uint8) for _ in range(12)]
    alone = [engine.run({"picture": p})["picture"] for p in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda p: engine.run({"picture": p})["picture"], pictures))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_describe_says_engine_device_and_precision(model):
    assert str(make_engine("openvino", request_for(model)).describe()) == "openvino CPU fp32"


@pytest.mark.parametrize(
    ("size", "sane"), [(0.01, True), (0.9, True), (50, False), (np.nan, False), (np.inf, False)]
)
def test_a_result_that_is_not_finite_or_far_off_is_not_sane(size, sane):
    assert is_sane({"size": np.asarray(size)}) is sane


def test_the_processor_is_listed_with_its_precisions():
    listed = {(d.engine, d.name): d for d in list_devices()}
    assert "fp32" in listed["openvino", "cpu"].precisions
    assert ("onnxruntime", "cpu") in listed
