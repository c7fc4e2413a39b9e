"""Each reader on tiny files of its format, made here."""

from __future__ import annotations

import json
import tarfile

import msgspec
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
tifffile = pytest.importorskip("tifffile")

from claritas.errors import ClaritasError, TrainingError, UsageError  # noqa: E402
from claritas.training.config import Data, Source  # noqa: E402
from claritas.training.data.ratings import discretised_normal  # noqa: E402
from claritas.training.data.readers import read_source  # noqa: E402
from claritas.training.data.samples import load_rgb  # noqa: E402
from claritas.training.data.sources import collect  # noqa: E402

pytestmark = pytest.mark.torch
MARKS = np.arange(1, 11)


def save(path, width=20, height=16, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def read(**keys):
    """What a source has; its keys are converted as those of a file are."""
    words = {name: str(value) if name != "size" else value for name, value in keys.items()}
    return read_source(msgspec.convert(words, Source))


def test_a_folder_is_searched_at_every_depth_and_damaged_files_are_left_out(tmp_path):
    pixels = save(tmp_path / "deep/er/a.png")
    save(tmp_path / "b.jpg")
    (tmp_path / "c.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture")
    items, left_out = read(reader="folder", folder=tmp_path)
    assert [item.name for item in items] == ["b.jpg", "deep/er/a.png"]
    assert len(left_out) == 1
    assert "c.png" in left_out[0]
    assert np.array_equal(items[1].load().clean, pixels)
    assert items[1].sides == (20, 16)


def test_pairs_are_found_by_their_names(tmp_path):
    clean = save(tmp_path / "clean/x/a.png", 20, 16)
    low = save(tmp_path / "low/x/ax2.png", 10, 8)
    (item,), _ = read(reader="pairs", folder=tmp_path / "clean", spoiled=tmp_path / "low")
    sample = item.load()
    assert np.array_equal(sample.clean, clean)
    assert np.array_equal(sample.spoiled, low)
    assert len(item.files) == 2


def test_pairs_without_partners_are_one_error_that_names_them(tmp_path):
    for name in ("a", "b", "c"):
        save(tmp_path / f"clean/{name}.png")
    save(tmp_path / "low/b.png")
    save(tmp_path / "low/z.png")
    with pytest.raises(TrainingError) as caught:
        read(reader="pairs", folder=tmp_path / "clean", spoiled=tmp_path / "low")
    assert all(name in str(caught.value) for name in ("3 pictures", "a.png", "c.png", "z.png"))


def test_pairs_of_sizes_that_do_not_fit_are_an_error_that_names_both(tmp_path):
    save(tmp_path / "clean/a.png", 21, 16)
    save(tmp_path / "low/a.png", 10, 8)
    with pytest.raises(TrainingError, match=r"21x16.*10x8"):
        read(reader="pairs", folder=tmp_path / "clean", spoiled=tmp_path / "low")


def cifar_record(label, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)
    return bytes([label]) + pixels.transpose(2, 0, 1).tobytes(), pixels


def test_cifar_10_is_read_plane_by_plane(tmp_path):
    records = [cifar_record(n, n) for n in (3, 9)]
    (tmp_path / "data_batch_1.bin").write_bytes(b"".join(record for record, _ in records))
    items, _ = read(reader="cifar10", folder=tmp_path)
    assert [item.name for item in items] == ["data_batch_1.bin/00000", "data_batch_1.bin/00001"]
    for item, (_, pixels) in zip(items, records, strict=True):
        assert np.array_equal(item.load().clean, pixels)


@pytest.mark.parametrize("content", [b"", b"short", bytes([10]) + bytes(3072)])
def test_what_is_not_cifar_10_is_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "data.bin").write_bytes(content)
    with pytest.raises(TrainingError, match=r"data\.bin"):
        read(reader="cifar10", folder=tmp_path)


def test_cats_and_dogs_are_cropped_in_the_middle_or_rescaled(tmp_path):
    large = save(tmp_path / "cat.1.png", 50, 44)
    save(tmp_path / "dog.1.png", 50, 30)
    items, _ = read(reader="cats-dogs", folder=tmp_path, size=40)
    cat, dog = (item.load().clean for item in items)
    assert np.array_equal(cat, large[2:42, 5:45])
    assert dog.shape == (40, 40, 3)
    assert read(reader="cats-dogs", folder=tmp_path)[0][0].sides == (360, 360)


COUNTS = [0, 1, 5, 17, 38, 36, 15, 6, 5, 1]


@pytest.mark.parametrize("form", ["txt", "json"])
def test_ava_is_read_from_its_text_and_from_json(tmp_path, form):
    save(tmp_path / "pictures/953619.jpg")
    save(tmp_path / "pictures/1.jpg")  # has no rating
    ratings = tmp_path / f"AVA.{form}"
    if form == "txt":
        ratings.write_text(f"1 953619 {' '.join(map(str, COUNTS))} 1 22 1396\n")
    else:
        ratings.write_text(json.dumps([{"image_id": "953619", "label": COUNTS}]))
    (item,), left_out = read(reader="ava", folder=tmp_path / "pictures", ratings=ratings, size=8)
    sample = item.load()
    assert sample.clean.shape == (8, 8, 3)
    assert np.allclose(sample.rating, np.array(COUNTS) / 124)
    assert ratings in item.files
    assert "1 pictures" in left_out[0]


def test_avas_text_is_found_in_its_folder(tmp_path):
    save(tmp_path / "images/953619.jpg")
    (tmp_path / "AVA.txt").write_text(f"1 953619 {' '.join(map(str, COUNTS))} 1 22 1396\n")
    (item,), _ = read(reader="ava", folder=tmp_path)
    assert np.allclose(item.load().rating, np.array(COUNTS) / 124)


@pytest.mark.parametrize(
    "counts", [COUNTS[:9], [*COUNTS, 1], [-1, *COUNTS[1:]], [0] * 10, [0.05] * 10, ["many"] * 10]
)
@pytest.mark.parametrize("form", ["txt", "json"])
def test_a_histogram_of_wrong_length_or_sum_is_an_error_that_names_the_file_or_picture(
    tmp_path, form, counts
):
    save(tmp_path / "pictures/953619.jpg")
    ratings = tmp_path / f"AVA.{form}"
    if form == "txt":
        ratings.write_text(f"1 953619 {' '.join(map(str, counts))} 1 22 1396\n")
    else:
        ratings.write_text(json.dumps([{"image_id": "953619", "label": counts}]))
    with pytest.raises(TrainingError, match=rf"AVA\.{form}|953619"):
        read(reader="ava", folder=tmp_path / "pictures", ratings=ratings)


@pytest.mark.parametrize("form", ["txt", "json"])
def test_means_of_tid2013_become_a_density_of_one_deviation(tmp_path, form):
    save(tmp_path / "pictures/I01_01_1.png")
    ratings = tmp_path / f"mos.{form}"
    shares = discretised_normal(5.2, 3).tolist()  # too wide; its mean counts
    mean = float(np.dot(shares, MARKS))
    if form == "txt":
        ratings.write_text(f"{mean - 1} i01_01_1.bmp\n")
    else:
        ratings.write_text(json.dumps([{"image_id": "i01_01_1", "label": shares}]))
    (item,), _ = read(reader="tid2013", folder=tmp_path / "pictures", ratings=ratings)
    rating = item.load().rating
    assert np.allclose(rating, discretised_normal(mean, 1.7), atol=1e-5)


def test_live_in_the_wild_is_brought_to_ten_marks(tmp_path):
    save(tmp_path / "pictures/102.png")
    (tmp_path / "scores.csv").write_text("file,mos,std,bytes\n102.jpg,50.0,18.0,resaved\n")
    keys = {"folder": tmp_path / "pictures", "ratings": tmp_path / "scores.csv"}
    (item,), _ = read(reader="live-wild", **keys)
    rating = item.load().rating
    assert float(rating @ MARKS) == pytest.approx(5.5, abs=0.01)
    deviation = np.sqrt(rating @ (MARKS - 5.5) ** 2)
    assert deviation == pytest.approx(1.62, abs=0.05)


@pytest.mark.parametrize("line", ["102.jpg,fifty,18", "102.jpg,50", "102.jpg,500,18"])
def test_a_line_that_is_no_rating_is_an_error_with_its_number(tmp_path, line):
    save(tmp_path / "pictures/102.png")
    (tmp_path / "scores.csv").write_text(f"file,mos,std,bytes\n{line}\n")
    with pytest.raises(TrainingError, match="line 2"):
        read(reader="live-wild", folder=tmp_path / "pictures", ratings=tmp_path / "scores.csv")


@pytest.mark.parametrize(("mean", "deviation"), [(1, 0), (5.5, 1.5), (10, 4), (3.2, 0.01)])
def test_shares_of_a_density_sum_to_one(mean, deviation):
    shares = discretised_normal(mean, deviation)
    assert shares.shape == (10,)
    assert shares.sum() == pytest.approx(1, abs=1e-6)


def test_shards_are_read_where_they_lie(tmp_path):
    pixels = save(tmp_path / "made/a.png")
    (tmp_path / "made/bad.png").write_bytes(b"no picture")
    (tmp_path / "made/a.txt").write_text("a label")
    with tarfile.open(tmp_path / "set-000.tar", "w") as shard:
        for path in sorted((tmp_path / "made").iterdir()):
            shard.add(path, path.name)
    (item,), left_out = read(reader="shards", folder=tmp_path)
    assert item.name == "set-000.tar/a.png"
    assert np.array_equal(item.load().clean, pixels)
    assert "set-000.tar/bad.png" in left_out[0]


def test_a_compressed_shard_is_an_error_that_names_it(tmp_path):
    with tarfile.open(tmp_path / "set.tar", "w:gz"):
        pass
    with pytest.raises(TrainingError, match=r"set\.tar"):
        read(reader="shards", folder=tmp_path)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"reader": "imagenet"}, "imagenet"),
        ({"reader": "pairs"}, "data.spoiled"),
        ({"reader": "folder", "ratings": "a.csv"}, "data.ratings"),
        ({"reader": "cifar10", "size": 8}, "data.size"),
    ],
)
def test_a_key_that_a_reader_does_not_take_is_an_error_that_names_it(tmp_path, keys, told):
    with pytest.raises(UsageError, match=told):
        read_source(Source(folder=str(tmp_path), **keys))


def test_values_that_are_no_numbers_are_an_error_that_names_the_file(tmp_path):
    pixels = np.full((8, 9, 3), 0.5, np.float32)
    pixels[3, 4, 1] = np.nan
    tifffile.imwrite(tmp_path / "light.tif", pixels, photometric="rgb")
    with pytest.raises(ClaritasError, match=r"light\.tif"):
        load_rgb(tmp_path / "light.tif")


def folder_of(tmp_path, name, count):
    for n in range(count):
        save(tmp_path / name / f"{name}{n:02}.png", seed=n)
    return str(tmp_path / name)


def test_the_seed_divides_80_to_20_and_always_alike(tmp_path):
    folder = folder_of(tmp_path, "a", 20)
    first, again, other = (collect(Data(folder=folder, validation=0.2), seed) for seed in (1, 1, 2))
    names = [{item.name for item in parts.validation} for parts in (first, again, other)]
    assert len(names[0]) == 4
    assert len(first.trained) == 16
    assert names[0] == names[1] != names[2]
    assert names[0].isdisjoint(item.name for item in first.trained)


def test_a_list_names_what_is_kept(tmp_path):
    folder = folder_of(tmp_path, "a", 5)
    (tmp_path / "kept.txt").write_text("a01.png\na03\n")
    parts = collect(Data(folder=folder, list=str(tmp_path / "kept.txt")), 1)
    assert [item.name for item in parts.validation] == ["a01.png", "a03.png"]
    (tmp_path / "kept.txt").write_text("nobody.png\n")
    with pytest.raises(TrainingError, match="names none"):
        collect(Data(folder=folder, list=str(tmp_path / "kept.txt")), 1)


def test_a_mixture_is_drawn_from_by_weight(tmp_path):
    sources = (
        Source(folder=folder_of(tmp_path, "faces", 3)),
        Source(folder=folder_of(tmp_path, "endoscopy", 9), weight=3.0),
    )
    parts = collect(Data(sources=sources), 1)
    assert [source.share for source in parts.train] == [0.25, 0.75]
    with pytest.raises(UsageError, match="one of the two"):
        collect(Data(folder="x", sources=sources), 1)
    with pytest.raises(UsageError, match="weight"):
        collect(Data(sources=(Source(folder=sources[0].folder, weight=0),)), 1)


def test_pictures_smaller_than_a_patch_are_left_out_and_none_left_is_an_error(tmp_path):
    folder = folder_of(tmp_path, "a", 4)
    save(tmp_path / "a/large.png", 40, 40)
    parts = collect(Data(folder=folder, validation=1), 3, least_side=30)
    (sentence,) = parts.left_out
    assert "more are smaller than a patch (30 pixels a side)" in sentence
    with pytest.raises(TrainingError, match="as large as a patch"):
        collect(Data(folder=folder, validation=1), 3, least_side=64)
