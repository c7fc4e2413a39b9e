"""The one step that runs a network over a picture, band by band."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import msgspec
import numpy as np

from claritas.engines.engine import Engine, Samples, is_sane
from claritas.enhancement.blending import (
    OVERLAP,
    blended,
    blended_again,
    is_blended,
    of_bytes,
    step_for,
    to_bytes,
)
from claritas.enhancement.hidden import fill_hidden
from claritas.enhancement.tasks import (
    COLOUR,
    light_kept,
    luma_thrice,
    mixed,
    outside_kept,
    with_hole_and_mask,
)
from claritas.enhancement.tiling import LEAST_CORE, Core, Strip, bands_of_cores, rows_needed
from claritas.enhancement.variants import telling
from claritas.errors import EngineMemoryError, ModelError
from claritas.image.alpha import colours_and_alpha
from claritas.image.picture import Array, Band, Header, Picture, SampleType
from claritas.image.resize import resize, resized_header
from claritas.image.rows import RowWindow, copies
from claritas.zoo.card import Contract, Model

# (model, precision, samples) to an engine that is ready.
EngineMaker = Callable[[Model, str, Samples], Engine]


@dataclass(frozen=True)
class Network:
    """A model applied to a picture: cut, run, stitched.

    Attributes
    ----------
    strength
        1 is the model's result, 0 plain interpolation.
    ensemble
        Average over variants of the picture: flips and turns, or exchanged colours.
    tile
        Side of a tile's core in input pixels; None chooses by memory.
    remarks
        Gets a sentence for whatever happens while bands are pulled.
    """

    model: Model
    engine: EngineMaker
    precision: str
    strength: float = 1.0
    ensemble: bool = False
    tile: int | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def scale(self) -> int:
        return self.model.card.contract.scale

    def __call__(self, picture: Picture, mask: Picture | None = None) -> Picture:
        """The picture `scale` times as large; alpha goes through the resizer.

        Parameters
        ----------
        mask
            For a model that takes one: white where the picture is to be painted in.

        Raises
        ------
        UsageError
            If the mask has another size than the picture.
        """
        run = partial(self._by_task, mask=mask)
        if not picture.header.alpha:
            return run(picture)
        halo = self.model.card.contract.halo
        filled = fill_hidden(picture, halo)
        return colours_and_alpha(filled, run, lambda a: resize(a, scale=self.scale))

    def _by_task(self, picture: Picture, mask: Picture | None) -> Picture:
        """Colours through the network, fed as the model's task asks."""
        card = self.model.card
        if card.contract.mask:
            painted = self._enlarged(with_hole_and_mask(picture, mask))
            return mixed(picture, outside_kept(picture, mask, painted), self.strength)
        if card.task == COLOUR:
            coloured = self._enlarged(luma_thrice(picture))
            return mixed(picture, light_kept(picture, coloured), self.strength)
        return self._coloured(picture)

    def _coloured(self, picture: Picture) -> Picture:
        if self.strength == 0:
            return resize(picture, scale=self.scale)
        enlarged = self._enlarged(picture)
        return enlarged if self.strength == 1 else self._mixed(picture, enlarged.header)

    def _mixed(self, picture: Picture, header: Header) -> Picture:
        """The network's result and plain interpolation, side by side in one pass."""

        def bands() -> Iterator[Band]:
            ours, plain = copies(picture.bands(), 2)
            enlarged = self._enlarged(Picture(picture.header, lambda: ours))
            interpolated = resize(Picture(picture.header, lambda: plain), scale=self.scale)
            yield from mixed(interpolated, enlarged, self.strength).bands()

        return Picture(header, bands)

    def _enlarged(self, picture: Picture) -> Picture:
        contract = self.model.card.contract
        header, s = picture.header, contract.scale
        result = resized_header(header, header.width * s, header.height * s)
        if contract.before:
            picture = resize(picture, scale=contract.scale)
            contract = msgspec.structs.replace(contract, scale=1)

        def bands() -> Iterator[Band]:
            return self._run(picture.header, picture.bands(), contract, "float32")

        if not self._can_stay_bytes(header):
            return Picture(result, bands)
        return Picture(
            result,
            bands,
            lambda: self._run(picture.header, picture.stored_bands(), contract, "uint8"),
        )

    def _can_stay_bytes(self, header: Header) -> bool:
        """Whether 8-bit samples may go through the engine without becoming floats here."""
        contract = self.model.card.contract
        plain = (header.sample, header.low, header.high) == (SampleType.UINT8, 0, 255)
        fits = header.channels == contract.channels == 3 and not contract.before
        return plain and fits and not self.ensemble and self.strength == 1

    def _run(
        self, header: Header, source: Iterator[Array], contract: Contract, samples: Samples
    ) -> Iterator[Array]:
        if is_blended(header, contract, self.tile):
            yield from self._blended(header, source, contract, samples)
            return
        window = RowWindow(source)
        cut = bands_of_cores(header, contract, self.tile)
        for cores, (first, last) in zip(cut, rows_needed(cut, header, contract), strict=True):
            strip = Strip(window.rows(first, last), first, header, contract)
            parts = (part for core in cores for part in self._results(core, strip, samples))
            yield _stitched(parts, cores, header, contract.scale)

    def _blended(
        self, header: Header, source: Iterator[Array], contract: Contract, samples: Samples
    ) -> Iterator[Array]:
        """Overlapping tiles, for a network that should see all of a picture that is too large."""
        step = self.tile or step_for(header, contract)
        known = f": {contract.tiling_psnr:.0f} dB from one piece" if contract.tiling_psnr else ""
        self._remark(f"The network wants the whole picture; it got tiles, blended{known}.")

        def run(tile: Array) -> Array:
            try:
                return self._result(tile, "float32")
            except EngineMemoryError:
                if max(tile.shape[:2]) < 4 * OVERLAP:
                    raise
            self._remark("Memory was short, so smaller tiles were used.")
            return blended_again(tile, contract, run)

        if samples == "float32":
            yield from blended(source, header, contract, step, run)
        else:
            yield from to_bytes(blended(of_bytes(source), header, contract, step, run))

    def _results(self, core: Core, strip: Strip, samples: Samples) -> Iterator[tuple[Core, Array]]:
        """A core's result; in parts where memory does not suffice for the whole tile."""
        try:
            result = self._result(strip.tile(core), samples)
        except EngineMemoryError:
            if core.side < 2 * LEAST_CORE or strip.contract.whole:
                raise
        else:
            yield core, strip.kept(core, result)
            return
        self._remark("Memory was short, so smaller tiles were used.")
        for half in core.halves(strip.contract.multiple):
            yield from self._results(half, strip, samples)

    def _result(self, tile: Array, samples: Samples) -> Array:
        """One tile, (h, w, colours), through the network: every variant, every channel."""
        if not self.ensemble:
            return self._fitted(tile, samples)
        variants = telling([self.model.card], tile.shape[-1])
        total = sum(
            one.back(self._fitted(np.ascontiguousarray(one.there(tile)), samples))
            for one in variants
        )
        return np.asarray(total / np.float32(len(variants)))

    def _fitted(self, tile: Array, samples: Samples) -> Array:
        """Grey as three equal channels and their mean; a one-channel net takes each channel."""
        channels = self.model.card.contract.channels
        if tile.shape[-1] == channels + self.model.card.contract.mask:
            return self._checked(tile, samples)
        if channels == 1:
            split = [self._checked(tile[..., c : c + 1], samples) for c in range(tile.shape[-1])]
            return np.concatenate(split, axis=-1)
        repeated = np.repeat(tile, channels, axis=-1)
        return np.asarray(self._checked(repeated, samples).mean(axis=-1, keepdims=True))

    def _checked(self, tile: Array, samples: Samples) -> Array:
        """A result that is finite and in a sane range, in fp32 where need be."""
        for precision in dict.fromkeys((self.precision, "fp32")):
            engine = self.engine(self.model, precision, samples)
            outputs = engine.run({"picture": tile[None]})
            if is_sane(outputs):
                return np.asarray(outputs["picture"][0])
            self._remark(f"A tile was not a sane picture in {precision} and was computed again.")
        raise ModelError(
            f"The model {self.model.card.name} gives values that are no picture, in fp32 too",
            remedy="choose another model.",
        )

    def _remark(self, sentence: str) -> None:
        if sentence not in self.remarks:
            self.remarks.append(sentence)


def _stitched(
    parts: Iterator[tuple[Core, Array]], cores: list[Core], header: Header, scale: int
) -> Array:
    """The results of a band's cores, side by side: (rows, width, channels) of the result."""
    first, result = next(parts)
    height = cores[0].bottom - cores[0].top
    if result.shape[:2] == (height * scale, header.width * scale):
        return result
    band = np.empty((height * scale, header.width * scale, header.channels), result.dtype)
    for part, piece in chain([(first, result)], parts):
        top, bottom = part.top - cores[0].top, part.bottom - cores[0].top
        band[top * scale : bottom * scale, part.left * scale : part.right * scale] = piece
    return band
