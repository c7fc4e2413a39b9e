"""From a configuration and its data to what the loop is fed with."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from claritas.degradation.spoiling import Spoiling, in_words, to_spoiling
from claritas.errors import ClaritasError, TrainingError, UsageError
from claritas.image.picture import Array
from claritas.nets import create
from claritas.training.config import Config
from claritas.training.data.augment import read_augmentation
from claritas.training.data.patches import PatchSampler
from claritas.training.data.samples import Item, Sample
from claritas.training.data.sources import Parts, collect
from claritas.training.data.store import Pair, Store
from claritas.training.data.tasks import INPAINT, received
from claritas.training.schedules import largest_patch

Report = Callable[[str], None]


def scale_of(config: Config) -> int:
    """Output over input of the configuration's net, which is not made for that."""
    with torch.device("meta"):
        return create(config.net.kind, config.net.arguments).contract.scale


def find_parts(config: Config) -> Parts:
    """All items that a configuration names; those smaller than a patch are left out."""
    side = largest_patch(config.schedule) * max(_scales(config))
    return collect(config.data, config.seed, side)


def _scales(config: Config) -> tuple[int, ...]:
    """All that are trained: of a net of several factors, several."""
    return config.schedule.scales or (scale_of(config),)


def make_sampler(config: Config, parts: Parts, report: Report) -> PatchSampler:
    """The patches of a run; pictures that fit into memory are read at once.

    Raises
    ------
    UsageError
        If degradation, augmentation, task and data do not go together.
    TrainingError
        If no picture can be read.
    """
    augmentation = read_augmentation(config.data.augment)
    if config.task == INPAINT and augmentation.chances.get("mixup"):
        raise UsageError("data.augment has mixup for the task inpaint", "masks that are not mixed")
    scales = _scales(config)
    spoilings = {s: to_spoiling(config.degradation, s, config.seed) for s in scales}
    ready = spoilings[scales[0]].recipe is None and not augmentation.ranges
    stores = {s: _store(config, parts, spoilings[s], ready, len(scales)) for s in scales}
    left_out = [sentence for store in stores.values() for sentence in store.load_all()]
    for sentence in dict.fromkeys((*parts.left_out, *left_out)):
        report(f"Left out: {sentence}")
    if not all(store.usable for store in stores.values()):
        raise TrainingError("No picture of the data can be read", "pictures that are whole")
    if not all(store.whole for store in stores.values()):
        report(
            f"The pictures do not fit into {config.data.memory:g} GB (data.memory): "
            "they are read while training, some at a time."
        )
    return PatchSampler(
        stores, config.seed, spoilings=spoilings, task=config.task, augmentation=augmentation
    )


def _store(config: Config, parts: Parts, spoiling: Spoiling, ready: bool, among: int) -> Store:
    """The pairs of one scale, `among` so many that share the memory."""
    growth = 1 + 1 / spoiling.scale**2 if ready else 1.0
    return Store(
        parts.train,
        lambda item: _held(item.name, item.load(), spoiling, ready),
        config.data.memory / among,
        growth,
        config.seed,
    )


def _held(name: str, sample: Sample, spoiling: Spoiling, ready: bool) -> Pair:
    """What is kept of a sample while training."""
    if sample.rating is not None:
        return Pair(None, sample.clean, name, sample.rating)
    if sample.spoiled is not None:
        return Pair(sample.spoiled, _fitting(name, sample, spoiling.scale), name)
    if not ready:
        return Pair(None, sample.clean, name)
    low, high, _ = spoiling(sample.clean, name)
    return Pair(low, high, name)


def _fitting(name: str, sample: Sample, scale: int) -> Array:
    """The clean picture of a pair, which is `scale` times the spoiled one."""
    assert sample.spoiled is not None
    height, width = sample.spoiled.shape[:2]
    if sample.clean.shape[:2] != (height * scale, width * scale):
        found = sample.clean.shape
        raise TrainingError(
            f"The pair {name} has {found[1]}x{found[0]} pixels and {width}x{height}",
            f"a clean picture {scale} times the size of the spoiled one, as the net's scale asks",
        )
    return sample.clean


def whole_pairs(items: Sequence[Item], config: Config, side: int, least: int = 0) -> list[Pair]:
    """What the net gets and should give of whole pictures, the clean ones at most `side` wide.

    Items that cannot be read are passed over, and those whose spoiled picture
    is smaller than `least`; rated ones have no picture to give.
    """
    spoiling = to_spoiling(config.degradation, scale_of(config), config.seed)
    found: list[Pair] = []
    for item in items:
        try:
            sample = item.load()
        except ClaritasError:
            continue
        if sample.rating is None:
            found.append(_whole(item.name, sample, spoiling, config.task, side))
    return [pair for pair in found if pair.low is not None and min(pair.low.shape[:2]) >= least]


def _whole(name: str, sample: Sample, spoiling: Spoiling, task: str, side: int) -> Pair:
    scale = spoiling.scale
    if sample.spoiled is not None:
        high = _fitting(name, sample, scale)
        small = side // scale
        return Pair(sample.spoiled[:small, :small], high[: small * scale, : small * scale], name)
    spoiled = spoiling(sample.clean[:side, :side], name)
    return Pair(received(spoiled.with_mask(), task), spoiled.high, name)


def degradation_in_words(config: Config) -> str:
    """How the pairs came about, for the card."""
    readers = {source.reader for source in config.data.all_sources()}
    if readers == {"pairs"}:
        return "pairs of pictures, as the data set has them"
    return in_words(config.degradation)


def write_manifest(path: Path, parts: Parts) -> None:
    """Every file that is read: in which part, how many pictures of it, bytes, SHA-256."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["part", "file", "pictures", "bytes", "sha256"])
        facts: dict[Path, tuple[int, str]] = {}
        for part, items in (("train", parts.trained), ("validation", parts.validation)):
            pictures = Counter(item.files[0] for item in items)
            for file in dict.fromkeys(file for item in items for file in item.files):
                facts[file] = facts.get(file) or _facts(file)
                writer.writerow([part, file, pictures[file], *facts[file]])


def _facts(file: Path) -> tuple[int, str]:
    with file.open("rb") as stream:
        return file.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()


def trained_pictures(manifest: Path) -> int:
    """How many pictures a run's manifest lists to train on."""
    if not manifest.is_file():
        return 0
    with manifest.open(newline="", encoding="utf-8") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream))
    return sum(int(row.get("pictures") or 1) for row in rows if row["part"] == "train")


def validation_items(config: Config) -> list[Item]:
    """The items that a run validates with; none where its data is no longer there."""
    try:
        return find_parts(config).validation
    except ClaritasError:
        return []
