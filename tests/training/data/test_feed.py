"""What the loop is fed with: augmented, spoiled afresh, within memory, the same for any workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from claritas.degradation.spoiling import to_spoiling  # noqa: E402
from claritas.errors import UsageError  # noqa: E402
from claritas.training.data.augment import CHANCES, RANGES, read_augmentation, turned  # noqa: E402
from claritas.training.data.patches import Pair, PatchSampler, Wanted  # noqa: E402
from claritas.training.data.samples import Item, Sample  # noqa: E402
from claritas.training.data.sources import Weighted  # noqa: E402
from claritas.training.data.store import GIGABYTE, Store  # noqa: E402

pytestmark = pytest.mark.torch

NOISE = {"steps": [{"kind": "resample", "scale": 0.5}, {"kind": "gaussian_noise", "sigma": 20}]}
HOLES = {"steps": [{"kind": "box_mask", "side": 0.5}]}


def smooth(side=64, seed=0):
    """A picture without edges, so that small errors of geometry stay small."""
    y, x = np.mgrid[:side, :side] / side
    phase = np.random.default_rng(seed).random(3) * 6
    waves = [np.sin(5 * x + p) * np.cos(4 * y + p) for p in phase]
    return np.rint(127 + 100 * np.stack(waves, -1)).astype(np.uint8)


def pair(seed=0, scale=2):
    high = smooth(seed=seed)
    low = to_spoiling({"kind": "bicubic"}, scale)(high, "").low
    return Pair(low, high, f"p{seed}")


def sampler_of(augment, table=None, scale=2, task="upscale"):
    if table is None:
        pairs, spoilings = [pair(n, scale) for n in range(3)], {}
    else:
        pairs = [Pair(None, smooth(seed=n), f"p{n}") for n in range(3)]
        spoilings = {scale: to_spoiling(table, scale, 5)}
    return PatchSampler(
        {scale: pairs}, 4, spoilings=spoilings, task=task, augmentation=read_augmentation(augment)
    )


@pytest.mark.parametrize("name", [*CHANCES, *RANGES])
def test_each_augmentation_changes_patches_and_keeps_pairs_together(name):
    span = RANGES[name].default if name in RANGES else None
    change = {"crop": 1, name: list(span) if isinstance(span, tuple) else 1.0}
    wanted = Wanted(3, 16, 6, 2)
    plain, changed = sampler_of(["crop"])(wanted), sampler_of(change)(wanted)
    if name != "crop":
        assert not torch.equal(plain.high, changed.high)
    shrunk = torch.nn.functional.avg_pool2d(changed.high, 2)
    inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    assert (shrunk - changed.low)[inside].abs().max() < 0.05
    assert torch.equal(changed.low, sampler_of(change)(wanted).low)


def test_without_crop_a_patch_is_the_middle():
    batch = sampler_of([])(Wanted(0, 16, 4, 2))
    middles = [
        torch.from_numpy(smooth(seed=n)[16:48, 16:48]).permute(2, 0, 1) / 255 for n in range(3)
    ]
    assert all(any(torch.equal(one, middle) for middle in middles) for one in batch.high)


def test_a_turn_of_90_degrees_is_a_quarter_turn():
    picture = smooth(33)
    assert np.abs(turned(picture, 90.0, 33).astype(int) - np.rot90(picture).astype(int)).max() <= 1


def test_a_turned_and_scaled_patch_may_reach_beyond_a_small_picture():
    batch = sampler_of({"angle": 45, "scale": 0.5})(Wanted(1, 30, 2, 2))
    assert batch.low.shape == (2, 3, 30, 30)
    assert batch.high.shape == (2, 3, 60, 60)


@pytest.mark.parametrize(
    ("augment", "told"),
    [
        (["spin"], "spin"),
        ({"flip": 2}, "flip"),
        ({"hue": [0, 999]}, "hue"),
        ({"angle": "x"}, "angle"),
    ],
)
def test_an_augmentation_that_is_none_is_an_error_that_names_it(augment, told):
    with pytest.raises(UsageError, match=told):
        read_augmentation(augment)


def test_noise_is_drawn_afresh_for_each_patch_and_step():
    sampler = sampler_of([], NOISE)
    first, second = (sampler(Wanted(step, 32, 4, 2)) for step in (0, 1))
    clean = {high.numpy().tobytes() for batch in (first, second) for high in batch.high}
    noisy = {low.numpy().tobytes() for batch in (first, second) for low in batch.low}
    assert len(clean) <= 3
    assert len(noisy) == 8


def test_a_spoiled_patch_lies_where_its_truth_does():
    table = {"steps": [{"kind": "resample", "scale": 0.5}]}
    batch = sampler_of(["crop", "flip", "turn"], table)(Wanted(2, 16, 8, 2))
    shrunk = torch.nn.functional.avg_pool2d(batch.high, 2)
    assert (shrunk - batch.low).abs().max() < 0.03


@pytest.mark.parametrize("table", [None, NOISE], ids=["bicubic", "noise"])
def test_any_number_of_workers_and_processes_gives_the_same_batches(table):
    everything = ["crop", "flip", "turn", "angle", "scale", "hue", "gamma", "mixup"]
    steps = [Wanted(step, 16, 4, 2) for step in range(6)]
    results = []
    for workers in (1, 2, 8):
        with ThreadPoolExecutor(workers) as pool:
            results.append(list(pool.map(sampler_of(everything, table), steps)))
    for batches in results[1:]:
        for one, other in zip(results[0], batches, strict=True):
            assert torch.equal(one.low, other.low)
            assert torch.equal(one.high, other.high)
    halves = [sampler_of(everything, table)(replace(steps[5], rank=r, processes=2)) for r in (0, 1)]
    assert torch.equal(halves[0].low, results[0][5].low[0::2])
    assert torch.equal(halves[1].high, results[0][5].high[1::2])


def test_painting_in_sees_the_hole_and_its_mask():
    batch = sampler_of(["crop"], HOLES, scale=1, task="inpaint")(Wanted(0, 24, 6, 1))
    assert batch.low.shape == (6, 4, 24, 24)
    mask = batch.low[:, 3:]
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    colours = batch.low[:, :3]
    assert torch.equal(colours * (1 - mask), batch.high * (1 - mask))
    assert (colours * mask - 128 / 255 * mask).abs().max() < 1e-6


def test_colouring_sees_light_alone():
    batch = sampler_of(["crop"], {"kind": "bicubic"}, scale=1, task="colour")(Wanted(0, 24, 2, 1))
    assert torch.equal(batch.low[:, 0], batch.low[:, 1])
    assert not torch.equal(batch.high[:, 0], batch.high[:, 1])


@pytest.mark.parametrize(("table", "task"), [(NOISE, "inpaint"), (HOLES, "denoise")])
def test_masks_and_the_task_inpaint_belong_together(table, task):
    scale = 2 if table is NOISE else 1
    with pytest.raises(UsageError, match="masks"):
        sampler_of([], table, scale, task)(Wanted(0, 16, 1, scale))


def test_rated_pictures_give_shares_of_marks():
    marks = np.eye(10, dtype=np.float32)
    pairs = [Pair(None, smooth(seed=n), f"p{n}", marks[n]) for n in range(3)]
    batch = PatchSampler({1: pairs}, 0)(Wanted(0, 32, 5, 1))
    assert batch.low.shape == (5, 3, 32, 32)
    assert batch.high.shape == (5, 10)
    assert torch.equal(batch.high.sum(1), torch.ones(5))


def store_of(count, memory, loaded=None, shares=(1.0,)):
    """A store of pictures of one value each, 16x16; `loaded` gets the number of each read."""

    def item(n):
        def load():
            if loaded is not None:
                loaded.append(n)
            return Sample(np.full((16, 16, 3), n, np.uint8))

        return Item(str(n), (Path(str(n)),), (16, 16), load)

    sources = [
        Weighted([item(n) for n in range(first * count, (first + 1) * count)], share)
        for first, share in enumerate(shares)
    ]
    return Store(sources, lambda i: Pair(None, i.load().clean, i.name), memory, 1.0, 7)


def test_all_pictures_are_read_once_where_they_fit():
    loaded: list[int] = []
    store = store_of(20, 1.0, loaded)
    assert store.whole
    assert store.load_all() == []
    for step in range(30):
        store[store.choose(step, np.random.default_rng(step))]
    assert sorted(loaded) == list(range(20))


def test_more_pictures_than_memory_takes_are_read_within_the_limit_and_all_come():
    picture = 16 * 16 * 3
    store, seen = store_of(40, 8 * picture / GIGABYTE), set()
    assert not store.whole
    for step in range(120):
        for row in range(4):
            index = store.choose(step, np.random.default_rng([step, row]))
            assert store[index].high[0, 0, 0] == index
            seen.add(index)
        assert store._bytes <= 8 * picture
    assert seen == set(range(40))


def test_a_window_depends_on_the_step_alone():
    picture = 16 * 16 * 3
    forth, back = (store_of(30, 6 * picture / GIGABYTE) for _ in range(2))
    steps = list(range(0, 90, 7))

    def chosen(store, order):
        return {
            s: [store.choose(s, np.random.default_rng([s, r])) for r in range(3)] for s in order
        }

    assert chosen(forth, steps) == chosen(back, steps[::-1])


def test_sources_are_drawn_from_by_their_share():
    store = store_of(10, 1.0, shares=(0.2, 0.8))
    chosen = [store.choose(0, np.random.default_rng(n)) for n in range(2000)]
    assert np.mean(np.array(chosen) >= 10) == pytest.approx(0.8, abs=0.03)
