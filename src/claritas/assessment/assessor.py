"""The one object that judges pictures: made once, used often."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType

import numpy as np

from claritas.assessment.metrics import Metric, Subject, chosen, defaults
from claritas.assessment.pixels import Uint8
from claritas.assessment.score import Score
from claritas.assessment.scorer import Opinion, Scorer
from claritas.errors import PictureError, UsageError
from claritas.image.picture import Array, Header, Picture, SampleType, normalise, quantise
from claritas.image.read import open_picture
from claritas.zoo.catalogue import default_scorer

Given = Picture | Array | str | PathLike[str]

# The scoring model's mark, among the names of metrics.
SCORE = "score"

# Metrics hold the picture whole, several times over, in float64.
DEFAULT_MAX_PIXELS = 100_000_000


@dataclass(frozen=True)
class Assessment:
    """What was found about one picture.

    Attributes
    ----------
    scores
        By the metric's name.
    unavailable
        Why a metric that was not asked for by name gives no number here.
    opinion
        What people would say, if a model was asked.
    notes
        Sentences about how the picture was read.
    """

    width: int
    height: int
    scores: Mapping[str, Score]
    unavailable: Mapping[str, str]
    opinion: Opinion | None = None
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> Score | None:
        """The scoring model's mean mark."""
        return self.opinion.score if self.opinion else None

    @property
    def percentile(self) -> float | None:
        """The share of the photographs that people rated, 0..100, with a lower mark."""
        return self.opinion.percentile if self.opinion else None

    def __getitem__(self, name: str) -> Score:
        """A score by the metric's name, or `score` for the model's.

        Raises
        ------
        KeyError
            If it was not measured.
        """
        if name == SCORE and self.opinion:
            return self.opinion.score
        return self.scores[name]


class Assessor:
    """Judges pictures by one choice of metrics; safe to share between threads.

    Parameters
    ----------
    metrics
        Names as `METRICS` has them, `NAME=FILE`, or `score`; None measures what fits.
    model
        A scoring model by name or folder. None is the one that ships, if there
        is one and `metrics` names `score` or nothing.

    Raises
    ------
    UsageError
        If a metric or the model is not known.
    """

    def __init__(self, metrics: Sequence[str] | None = None, model: str | None = None) -> None:
        named = None if metrics is None else [name for name in metrics if name != SCORE]
        self._chosen = None if named is None else chosen(named)
        if model is None and (metrics is None or SCORE in metrics):
            model = default_scorer()
        if model is None and metrics is not None and SCORE in metrics:
            raise UsageError("There is no scoring model to score with", "a model (--model)")
        self._scorer = None if model is None else Scorer(model)

    @property
    def scores(self) -> bool:
        """Whether a model scores too."""
        return self._scorer is not None

    def needs_reference(self) -> bool:
        """Whether a metric was named that compares."""
        return any(metric.needs != "nothing" for metric in self._chosen or ())

    def __call__(
        self, given: Given, reference: Given | None = None, *, max_pixels: int = DEFAULT_MAX_PIXELS
    ) -> Assessment:
        """Everything about one picture.

        Parameters
        ----------
        given
            A picture, an array (height, width) or (height, width, channels), a
            path. What has not 8 bits is rounded to them.
        reference
            The same picture unspoiled, of the same size; for `consistency`,
            `colour-shift` and `registration` the picture that it was made from.
        max_pixels
            The most that a file may declare.

        Raises
        ------
        PictureError
            If a picture cannot be read, the reference has another size, or a
            metric that was named gives no number.
        UsageError
            If a metric was named that needs a reference, and there is none.
        """
        picture = _opened(given, max_pixels)
        against = None if reference is None else _opened(reference, max_pixels)
        metrics = defaults(reference is not None) if self._chosen is None else self._chosen
        if reference is None and self.needs_reference():
            names = ", ".join(metric.name for metric in metrics if metric.needs != "nothing")
            raise UsageError(f"There is nothing to compare with for {names}", "a reference")
        subject = _subject(picture, against, metrics)
        scores, unavailable = self._measured(metrics, subject)
        height, width = subject.picture.shape[:2]
        return Assessment(
            width,
            height,
            MappingProxyType(scores),
            MappingProxyType(unavailable),
            opinion=self._scorer(subject.picture) if self._scorer else None,
            notes=_notes(picture.header),
        )

    def _measured(
        self, metrics: Sequence[Metric], subject: Subject
    ) -> tuple[dict[str, Score], dict[str, str]]:
        scores: dict[str, Score] = {}
        unavailable: dict[str, str] = {}
        for metric in metrics:
            try:
                scores[metric.name] = metric.measure(subject)
            except PictureError as error:
                if self._chosen is not None:
                    raise
                unavailable[metric.name] = ", expected: ".join(filter(None, error.args[:2]))
        return scores, unavailable


def assess(
    given: Given,
    reference: Given | None = None,
    *,
    metrics: Sequence[str] | None = None,
    model: str | None = None,
) -> Assessment:
    """How good a picture is: numbers that name their range, direction and protocol.

    Parameters
    ----------
    given, reference
        As for `Assessor`: a path, an array or a `Picture`.
    metrics
        Names such as `psnr-y`, `niqe` and `score`; None measures what fits.
    model
        A scoring model, by name or folder; None is the one that ships, if any.

    Raises
    ------
    ClaritasError
        If a picture cannot be read, or the options do not fit.
    """
    return Assessor(metrics, model)(given, reference)


def _opened(given: Given, max_pixels: int) -> Picture:
    if isinstance(given, Picture):
        return given
    if isinstance(given, np.ndarray):
        return Picture.from_array(given)
    return open_picture(Path(given), max_pixels=max_pixels)


def _subject(picture: Picture, against: Picture | None, metrics: Sequence[Metric]) -> Subject:
    quality = picture.header.quality if picture.header.format == "jpeg" else None
    if against is None:
        return Subject(eight_bits(picture), None, quality)
    _check_sizes(picture.header, against.header, metrics)
    reference = eight_bits(against)
    return Subject(eight_bits(picture, against.header), reference, quality)


def _check_sizes(header: Header, reference: Header, metrics: Sequence[Metric]) -> None:
    """Metrics of a reference want its very size; said before any pixel is read."""
    same = (header.width, header.height) == (reference.width, reference.height)
    if same or all(metric.needs != "reference" for metric in metrics):
        return
    raise PictureError(
        f"The picture has {header.width}x{header.height} pixels, "
        f"its reference {reference.width}x{reference.height}",
        "a reference of the same size",
        "for the picture that it was made from: --metrics consistency,colour-shift,registration.",
    )


def eight_bits(picture: Picture, like: Header | None = None) -> Uint8:
    """All pixels as 8-bit RGB, (height, width, 3); what is transparent shows white.

    Parameters
    ----------
    like
        Of a picture to be compared with: float and signed samples of both are
        measured by its range, or equal values would become unequal.

    Raises
    ------
    PictureError
        If samples are not finite.
    """
    header = picture.header
    if header.sample is SampleType.UINT8 and not header.alpha:
        return np.broadcast_to(picture.array(), (header.height, header.width, 3))
    if like is not None and like.sample == header.sample:
        header = replace(header, low=like.low, high=like.high)
    plain = replace(header, channels=3, sample=SampleType.UINT8, low=0.0, high=255.0)
    bands = (
        quantise(_over_white(normalise(stored, header), header), plain)
        for stored in picture.stored_bands()
    )
    return np.concatenate(list(bands))


def _over_white(band: Array, header: Header) -> Array:
    if not np.isfinite(band).all():
        raise PictureError(
            "The picture holds samples that are no numbers (NaN or infinite)", "finite samples"
        )
    colours = band[..., : header.colours]
    if header.alpha:
        alpha = np.clip(band[..., -1:], 0, 1)
        colours = colours * alpha + (1 - alpha)
    return np.broadcast_to(colours, (*colours.shape[:2], 3))


def _notes(header: Header) -> tuple[str, ...]:
    notes = list(header.notes)
    if header.sample is not SampleType.UINT8:
        notes.append(f"{header.sample} samples were rounded to 8 bits")
    if header.alpha:
        notes.append("what is transparent was measured over white")
    return tuple(notes)


def is_worse(score: Score, bound: float) -> bool:
    """Whether a score is on the wrong side of a bound; below it where nothing is better."""
    return score.value > bound if score.higher_is_better is False else score.value < bound


def best_first(score: Score | None) -> float:
    """A key for sorting: the best first, what was not measured last."""
    if score is None:
        return math.inf
    return -score.value if score.higher_is_better is not False else score.value
