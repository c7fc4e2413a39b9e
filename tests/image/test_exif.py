from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from claritas.image.exif import (
    SIZES,
    Block,
    Field,
    Tag,
    block_of,
    dpi_of,
    end_of_samples,
    fields_of,
    orientation_of,
    serialise,
)

numbers = {
    "main": [0x10E, 0x10F, 0x110, 0x131, 0x13B],
    "photo": [0x829A, 0x9003, 0x9286, 0x927C],
    "gps": [1, 2, 3, 4, 29],
    "interoperability": [1, 2],
}


@st.composite
def field_tables(draw):
    tags = [Tag(name, number) for name, known in numbers.items() for number in known]
    chosen = draw(st.lists(st.sampled_from(tags), unique=True))
    table = {}
    for tag in chosen:
        kind = draw(st.sampled_from(sorted(SIZES)))
        count = draw(st.integers(1, 9))
        size = SIZES[kind] * count
        table[tag] = Field(kind, draw(st.binary(min_size=size, max_size=size)))
    return table


@settings(max_examples=60, deadline=None)
@given(fields=field_tables(), dpi=st.none() | st.just((300.0, 72.5)))
def test_a_block_says_what_was_put_in(fields, dpi):
    data, whole = block_of(fields, 640, 480, dpi, 64_000)
    block = Block(b"Exif\0\0" + data)
    assert whole
    assert fields_of(block) == fields
    assert dpi_of(block) == dpi
    assert orientation_of(block) == 1


@settings(max_examples=30, deadline=None)
@given(fields=field_tables())
def test_directories_of_a_bigtiff_are_read_back(fields):
    parts: dict[str, dict[int, Field]] = {"main": {}}
    for tag, field in fields.items():
        parts.setdefault(tag.directory, {})[tag.number] = field
    if "interoperability" in parts:
        parts.setdefault("photo", {})
    data = b"II+\0\x08\0\0\0" + (16).to_bytes(8, "little") + serialise(parts, 16, big=True)
    assert fields_of(Block(data)) == fields


@settings(max_examples=200, deadline=None)
@given(fields=field_tables(), cut=st.integers(0, 400), noise=st.binary(max_size=30))
def test_a_damaged_block_is_never_an_exception(fields, cut, noise):
    data = bytearray(block_of(fields, 640, 480, (72.0, 72.0), 64_000)[0])
    data[cut : cut + len(noise)] = noise
    for part in (bytes(data), bytes(data[:cut])):
        block = Block(part)
        fields_of(block)
        dpi_of(block)
        orientation_of(block)
        end_of_samples(block)
