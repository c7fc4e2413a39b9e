"""EXIF field by field: out of a block of bytes and into a new one.

EXIF is a small TIFF: image file directories (IFDs) of 12-byte entries. Fields
are kept as they were stored, only in little-endian order, so that what
libexif would transliterate (names in other scripts) or drop (maker notes)
comes out as it went in. Orientation, sizes, resolution and thumbnail are left
out: every writer makes them anew.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from mmap import mmap
from typing import NamedTuple


class Tag(NamedTuple):
    """Where a field stands: `main`, `photo` (the Exif IFD), `gps` or `interoperability`."""

    directory: str
    number: int


class Field(NamedTuple):
    """A field's TIFF type (2 is text, 5 is rational) and its values, little-endian."""

    kind: int
    data: bytes

    @property
    def values(self) -> int:
        """How many values the bytes hold."""
        return len(self.data) // SIZES[self.kind]


Fields = Mapping[Tag, Field]
Parts = Mapping[str, Mapping[int, Field]]  # fields by directory and number
Bytes = bytes | mmap

# Bytes of one value, and of the units in which its bytes are ordered.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
         16: 8, 17: 8, 18: 8}  # fmt: skip
_UNITS = SIZES | {5: 4, 10: 4}

_PHOTO, _GPS, _INTEROPERABILITY = 0x8769, 0x8825, 0xA005
_POINTERS = {_PHOTO: "photo", _GPS: "gps", _INTEROPERABILITY: "interoperability"}
_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x112, 0x11A, 0x11B, 0x128
_X_DIMENSION, _Y_DIMENSION, _MAKER_NOTE = 0xA002, 0xA003, 0x927C
_INCH, _CENTIMETRE = 2, 3

# Of a main directory only what describes the picture as a whole is carried along;
# the rest says how this file stores it (strips, compression, colour maps, ICC, XMP).
_DESCRIPTIVE = {0x10D, 0x10E, 0x10F, 0x110, 0x11D, 0x131, 0x132, 0x13B, 0x13C, 0x4746, 0x4749,
                0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F}  # fmt: skip
_MADE_ANEW = {_ORIENTATION, _X_DIMENSION, _Y_DIMENSION, _PHOTO, _GPS, _INTEROPERABILITY}
# An entry that claims more is damaged, or the tile table of an enormous TIFF.
_LONGEST_FIELD = 2**24


class Block:
    """A TIFF structure in memory or in a mapped file, read as needed."""

    def __init__(self, data: Bytes, page: int = 0) -> None:
        data = data[6:] if data[:6] == b"Exif\0\0" else data
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.big = self._number(2, 2) == 43
        self.main = self.directory(self._page(page))

    def _number(self, at: int, size: int) -> int:
        part = self.data[at : at + size]
        return int.from_bytes(part, "little" if self.order == "<" else "big")

    def _page(self, page: int) -> int:
        """Where the directory of a page begins; 0 where there is none."""
        at = self._number(8, 8) if self.big else self._number(4, 4)
        head, step, wide = (8, 20, 8) if self.big else (2, 12, 4)
        for _ in range(page):
            at = self._number(at + head + step * self._number(at, head), wide)
        return at

    def directory(self, at: int) -> dict[int, Field]:
        """The fields of the directory at an offset; damaged ones are left out."""
        head, step = (8, 20) if self.big else (2, 12)
        count = min(self._number(at, head), 4096) if 0 < at < len(self.data) else 0
        entries = (self._entry(at + head + index * step) for index in range(count))
        return {number: field for number, field in entries if field is not None}

    def _entry(self, at: int) -> tuple[int, Field | None]:
        wide = 8 if self.big else 4
        number, kind, count = (
            self._number(at, 2),
            self._number(at + 2, 2),
            self._number(at + 4, wide),
        )
        length = SIZES.get(kind, 0) * count
        if not 0 < length <= _LONGEST_FIELD:
            return number, None
        place = at + 4 + wide
        start = place if length <= wide else self._number(place, wide)
        data = self.data[start : start + length]
        return number, Field(kind, self._little(kind, data)) if len(data) == length else None

    def _little(self, kind: int, data: bytes) -> bytes:
        unit = _UNITS[kind]
        if self.order == "<" or unit == 1:
            return data
        return b"".join(data[i : i + unit][::-1] for i in range(0, len(data), unit))


def _tree(block: Block) -> dict[Tag, Field]:
    """All fields of the main directory and of those that it points to."""
    found = {Tag("main", number): field for number, field in block.main.items()}
    pending = list(found.items())
    while pending:
        tag, field = pending.pop()
        name = _POINTERS.get(tag.number)
        if name and not any(known.directory == name for known in found):
            below = block.directory(int.from_bytes(field.data, "little"))
            new = {Tag(name, number): value for number, value in below.items()}
            found |= new
            pending += new.items()
    return found


def fields_of(block: Block) -> dict[Tag, Field]:
    """What a block (or a TIFF) says of the picture, without what writers make anew."""
    return {tag: field for tag, field in _tree(block).items() if _carried(tag)}


def _carried(tag: Tag) -> bool:
    if tag.directory == "main":
        return tag.number in _DESCRIPTIVE
    return tag.number not in _MADE_ANEW


def dpi_of(block: Block) -> tuple[float, float] | None:
    """Dots per inch that an EXIF block or a TIFF states; None where it does not."""
    fields = block.main
    unit = _integer(fields.get(_RESOLUTION_UNIT), _INCH)
    x, y = _rational(fields.get(_X_RESOLUTION)), _rational(fields.get(_Y_RESOLUTION))
    if unit not in (_INCH, _CENTIMETRE) or not x or not y:
        return None
    factor = 2.54 if unit == _CENTIMETRE else 1.0
    return x * factor, y * factor


def orientation_of(block: Block) -> int:
    """1 to 8; 1 where the block says nothing or nonsense."""
    value = _integer(block.main.get(_ORIENTATION), 1)
    return value if 1 <= value <= 8 else 1


def end_of_samples(block: Block) -> int:
    """The offset behind the last strip or tile that a TIFF's main directory names."""
    ends = [0]
    for offsets, lengths in ((273, 279), (324, 325)):
        if offsets in block.main and lengths in block.main:
            starts, sizes = integers(block.main[offsets]), integers(block.main[lengths])
            ends += [start + size for start, size in zip(starts, sizes, strict=False)]
    return max(ends)


def integers(field: Field) -> list[int]:
    """The values of a field of whole numbers."""
    size, data = SIZES[field.kind], field.data
    return [int.from_bytes(data[i : i + size], "little") for i in range(0, len(data), size)]


def _integer(field: Field | None, otherwise: int) -> int:
    return int.from_bytes(field.data[: SIZES[field.kind]], "little") if field else otherwise


def _rational(field: Field | None) -> float:
    if field is None or field.kind != 5 or len(field.data) < 8:
        return 0.0
    over, under = struct.unpack_from("<II", field.data)
    return over / under if under else 0.0


def rational(value: float) -> Field:
    """A field of one rational with a denominator that keeps six decimals, or fewer when large."""
    under = 1_000_000 if value < 4000 else 10_000 if value < 400_000 else 1
    return Field(5, struct.pack("<II", min(round(value * under), 2**32 - 1), under))


def short(*values: int) -> Field:
    """A field of 16-bit numbers."""
    return Field(3, struct.pack(f"<{len(values)}H", *values))


def long(*values: int) -> Field:
    """A field of 32-bit numbers."""
    return Field(4, struct.pack(f"<{len(values)}I", *values))


def resolution_fields(dpi: tuple[float, float]) -> dict[int, Field]:
    """The three tags that state dots per inch."""
    return {
        _X_RESOLUTION: rational(dpi[0]),
        _Y_RESOLUTION: rational(dpi[1]),
        _RESOLUTION_UNIT: short(_INCH),
    }


def directories(
    fields: Fields, width: int, height: int, dpi: tuple[float, float] | None
) -> dict[str, dict[int, Field]]:
    """The fields by directory, with orientation 1, new sizes and resolution."""
    result: dict[str, dict[int, Field]] = {"main": {}}
    for tag, field in fields.items():
        result.setdefault(tag.directory, {})[tag.number] = field
    if "interoperability" in result or "photo" in result:
        sizes = {_X_DIMENSION: long(width), _Y_DIMENSION: long(height)}
        result["photo"] = result.get("photo", {}) | sizes
    result["main"] |= {_ORIENTATION: short(1)} | (resolution_fields(dpi) if dpi else {})
    return result


def block_of(
    fields: Fields,
    width: int,
    height: int,
    dpi: tuple[float, float] | None,
    longest: int,
) -> tuple[bytes, bool]:
    """A new EXIF block that begins with a TIFF header, and whether all fields fitted.

    Where it would be longer than `longest` bytes, the maker's note goes first,
    then whatever is longer than 1 KiB.
    """
    block = b""
    for limit in (longest, 1024):
        kept = {tag: field for tag, field in fields.items() if len(field.data) <= limit}
        if limit < longest:
            kept.pop(Tag("photo", _MAKER_NOTE), None)
        block = b"II*\0\x08\0\0\0" + serialise(directories(kept, width, height, dpi), 8)
        if len(block) <= longest:
            return block, len(kept) == len(fields)
    return block[:0], False


def serialise(parts: Parts, offset: int, big: bool = False) -> bytes:
    """The directories as bytes that will stand at `offset`, the main one first.

    Offsets of 8 bytes when `big` (BigTIFF), of 4 otherwise.
    """
    places, place = {}, offset
    for name in parts:
        places[name] = place
        place += len(_directory(_pointing(parts, name, {}), 0, big))
    return b"".join(_directory(_pointing(parts, name, places), places[name], big) for name in parts)


def _pointing(parts: Parts, name: str, places: Mapping[str, int]) -> dict[int, Field]:
    """A directory's fields, in order, with the pointers to the directories below it."""
    below = {"main": (_PHOTO, _GPS), "photo": (_INTEROPERABILITY,)}.get(name, ())
    pointers = {
        number: long(places.get(_POINTERS[number], 0))
        for number in below
        if _POINTERS[number] in parts
    }
    return dict(sorted({**parts[name], **pointers}.items()))


def _directory(fields: Mapping[int, Field], offset: int, big: bool) -> bytes:
    """One directory and, behind it, the values that are too long for its entries."""
    head, entry, wide = ("<Q", "<HHQ", 8) if big else ("<H", "<HHI", 4)
    size = struct.calcsize(head) + len(fields) * (struct.calcsize(entry) + wide) + wide
    entries, behind = [struct.pack(head, len(fields))], bytearray()
    for number, field in fields.items():
        value = field.data
        if len(value) > wide:
            value = (offset + size + len(behind)).to_bytes(wide, "little")
            behind += field.data + bytes(len(field.data) % 2)
        entries.append(struct.pack(entry, number, field.kind, field.values))
        entries.append(value.ljust(wide, b"\0"))
    return b"".join([*entries, bytes(wide), bytes(behind)])  # no directory follows
