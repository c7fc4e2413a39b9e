from __future__ import annotations

import pytest

from claritas.errors import UsageError
from claritas.image.formats import FORMATS, format_for_output, format_of_name
from claritas.image.picture import Header
from claritas.image.read import is_picture_name


@pytest.mark.parametrize("name", ["a.jpg", "A.JPEG", "b.c.Png", "x.TIF", "n\n😀.webp", "q.heic"])
def test_names_of_pictures_are_known_in_any_case(name):
    assert is_picture_name(name)


@pytest.mark.parametrize("name", ["a", "jpg", ".jpg", "a.txt", "a.jpg.txt", ""])
def test_other_names_are_not(name):
    assert not is_picture_name(name)


def test_the_output_keeps_the_inputs_format():
    for format in FORMATS.values():
        kept = format_for_output(Header(1, 1, 3, format=format.name))
        assert kept.name == (format.replaced_by or format.name)


@pytest.mark.parametrize(("asked", "suffix"), [("PNG", ""), (None, ".Png"), ("png", ".png")])
def test_what_is_asked_for_goes_first(asked, suffix):
    assert format_for_output(Header(1, 1, 3, format="jpeg"), asked, suffix).name == "png"


@pytest.mark.parametrize(
    ("asked", "suffix", "said"),
    [
        ("bmp", "", "bmp"),
        ("gif", "", "GIF can only be read"),
        (None, ".heic", "HEIC can only be read"),
        ("png", ".jpg", "ends in .jpg"),
    ],
)
def test_a_format_that_cannot_be_written_is_wrong_use(asked, suffix, said):
    with pytest.raises(UsageError, match=said):
        format_for_output(Header(1, 1, 3), asked, suffix)


def test_every_suffix_belongs_to_one_format():
    suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(format_of_name("x" + suffix) for suffix in suffixes)
