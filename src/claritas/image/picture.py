"""A picture is a header and a stream of bands.

Nothing is computed until somebody pulls bands. Everything that reads gives a
`Picture`, everything that changes one takes one and gives one, everything
that writes takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from claritas.errors import PictureError
from claritas.image.exif import Fields

Array = npt.NDArray[Any]
Band = npt.NDArray[np.float32]  # (rows, width, channels), 0..1

ROWS_A_BAND = 256


class SampleType(StrEnum):
    """How a file holds one sample; the names are numpy's."""

    UINT8 = "uint8"
    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    FLOAT32 = "float32"

    @property
    def is_integer(self) -> bool:
        return self is not SampleType.FLOAT32

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and highest value: of the type for integers, 0 and 1 for floats."""
        if not self.is_integer:
            return 0.0, 1.0
        information = np.iinfo(self.value)
        return float(information.min), float(information.max)


@dataclass(frozen=True)
class Header:
    """What is known of a picture before its first band.

    Attributes
    ----------
    width, height
        Pixels, after the orientation has been applied.
    channels
        1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha comes last.
    sample
        What the file holds, and what a written file shall hold.
    low, high
        The stored values that 0 and 1 stand for (0 and 255 for 8 bits). Float
        and signed pictures bring their own range; it is undone when written.
    exif
        Fields as `image.exif` reads them, without orientation, sizes,
        resolution and thumbnail, which every writer makes anew.
    dpi
        Dots per inch along x and y; None where the file does not say.
    quality
        The lossy quality that the file was saved with, where it can be told.
    notes
        Sentences for the report: what was converted, dropped or chosen.
    restartable
        Whether `bands` can be called again; a pipe cannot.
    worn
        Why it counts as worn (noisy, compressed), to be read after "since"; empty: it is clean;
        None: nobody has looked yet.
    """

    width: int
    height: int
    channels: int
    sample: SampleType = SampleType.UINT8
    low: float = 0.0
    high: float = 255.0
    icc: bytes | None = None
    exif: Fields = field(default_factory=dict)
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str = ""
    quality: int | None = None
    notes: tuple[str, ...] = ()
    restartable: bool = True
    worn: str | None = None

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or self.channels not in (1, 2, 3, 4):
            raise PictureError(
                f"A picture of {self.width}x{self.height} pixels and {self.channels} channels",
                "at least one pixel, and grey or RGB with or without alpha (1 to 4 channels)",
            )

    @property
    def alpha(self) -> bool:
        return self.channels in (2, 4)

    @property
    def grey(self) -> bool:
        return self.channels <= 2

    @property
    def colours(self) -> int:
        """The number of channels without alpha: 1 or 3."""
        return self.channels - self.alpha

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def stored_bytes(self) -> int:
        """Size of the uncompressed samples in bytes."""
        return self.pixels * self.channels * np.dtype(self.sample.value).itemsize

    def noting(self, *sentences: str) -> Header:
        """The same header with more sentences for the report."""
        return replace(self, notes=self.notes + sentences)


class Picture:
    """A header and a stream of bands, top to bottom.

    Parameters
    ----------
    header
        What is known beforehand.
    bands
        Begins the stream anew at each call: float32 arrays (rows, width,
        channels), nominally 0..1, whose rows add up to the height.
    stored
        The same stream in the header's sample type, where the maker has it
        more cheaply than by `quantise` (a file that holds 8 bits, a network
        that rounds in the engine).
    remarks
        Gets a sentence for whatever is worth saying and comes up only while
        bands are pulled; complete when the last band has been.
    """

    def __init__(
        self,
        header: Header,
        bands: Callable[[], Iterator[Band]] | None,
        stored: Callable[[], Iterator[Array]] | None = None,
        remarks: list[str] | None = None,
    ) -> None:
        if bands is None and stored is None:
            raise TypeError("a Picture needs a stream of bands")
        self.header = header
        self._bands = bands
        self._stored = stored
        self.remarks: list[str] = [] if remarks is None else remarks

    def bands(self) -> Iterator[Band]:
        """Float32 bands (rows, width, channels), 0..1, top to bottom; each call starts anew."""
        if self._bands is not None:
            return self._bands()
        return (normalise(band, self.header) for band in self.stored_bands())

    def stored_bands(self) -> Iterator[Array]:
        """The bands as a file holds them: the header's sample type and range."""
        if self._stored is not None:
            return self._stored()
        return (quantise(band, self.header) for band in self.bands())

    def array(self) -> Array:
        """The whole picture in memory, (height, width, channels), as a file holds it."""
        return np.concatenate(list(self.stored_bands()))

    def with_header(self, **changes: Any) -> Picture:
        """The same stream under a changed header.

        For what does not touch the samples' meaning: metadata, format, notes.
        """
        return Picture(replace(self.header, **changes), self._bands, self._stored, self.remarks)

    @classmethod
    def from_array(cls, array: Array, **header: Any) -> Picture:
        """A picture of an array in memory.

        Parameters
        ----------
        array
            (height, width) or (height, width, channels); float64 is held as float32.
        header
            Further fields of `Header`. Without `low` and `high`, integers span
            their type and floats 0..1.
        """
        array = array[:, :, None] if array.ndim == 2 else array
        if array.ndim != 3 or array.size == 0:
            raise PictureError(
                f"An array of shape {array.shape} is not a picture",
                "(height, width) or (height, width, channels), with at least one pixel",
            )
        sample = _sample_type(array)
        array = np.ascontiguousarray(array, dtype=sample.value)
        low, high = sample.limits
        height, width, channels = array.shape
        made = Header(width, height, channels, sample, **({"low": low, "high": high} | header))
        return cls(made, None, lambda: _cut(array))


def _sample_type(array: Array) -> SampleType:
    if array.dtype.kind == "f":
        return SampleType.FLOAT32
    try:
        return SampleType(array.dtype.name)
    except ValueError:
        raise PictureError(
            f"An array of {array.dtype.name} is not a picture",
            f"one of {', '.join(SampleType)}",
            "convert it first, for example with array.astype('uint8').",
        ) from None


def _cut(array: Array) -> Iterator[Array]:
    for top in range(0, len(array), ROWS_A_BAND):
        yield array[top : top + ROWS_A_BAND]


def normalise(stored: Array, header: Header) -> Band:
    """Stored samples to float32, `low` to 0 and `high` to 1; nothing is clipped."""
    span = np.float32(header.high - header.low) or np.float32(1)
    if header.low == 0:
        return np.multiply(stored, np.float32(1) / span, dtype=np.float32)
    return ((stored.astype(np.float64) - header.low) / float(span)).astype(np.float32)


def quantise(band: Band, header: Header) -> Array:
    """Float bands to stored samples: the inverse of `normalise`.

    Integers are rounded to nearest and kept within their range; floats are
    only scaled, never clipped.
    """
    span = header.high - header.low
    if not header.sample.is_integer:
        scaled = band if (header.low, span) == (0, 1) else band * np.float64(span) + header.low
        return scaled.astype(np.float32, copy=False)
    exact = np.float32 if span <= 65535 and header.low == 0 else np.float64
    values = np.multiply(band, exact(span), dtype=exact)
    values += exact(header.low)
    lowest, highest = _kept_range(header)
    np.clip(values, exact(lowest), exact(highest), out=values)
    return np.rint(values, out=values).astype(header.sample.value)


def _kept_range(header: Header) -> tuple[float, float]:
    lowest, highest = header.sample.limits
    return max(lowest, header.low), min(highest, header.high)
