"""Enhancing and judging in one loop: a result is kept only where it is no worse.

Neither the `Enhancer` nor the `Assessor` knows the other's inside; this is
where they meet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from claritas.assessment.assessor import SCORE, Assessment, Assessor
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.part import middle
from claritas.enhancement.plan import UPSCALE, Options, Plan, choose_models
from claritas.errors import PictureError, UsageError
from claritas.image.picture import Header, Picture
from claritas.image.resize import resize
from claritas.zoo.catalogue import default_scorer

# A result that says what its input said has 40 dB and more (models for clean photographs 51,
# shuffled weights 29 to 33). Interpolated noise has less, so there a result may have
# as little as interpolation, and a little less.
CONSISTENCY_FLOOR = 40.0
BELOW_INTERPOLATION = 0.5
# What takes noise or JPEG away differs from its input by that much: real-x4 on kodak's quarters in
# JPEG of quality 35 to 60 has 32 to 36 dB; noise is measured, and a result may leave a little more.
JPEG_CONSISTENCY = 30.0
NOISE_MARGIN = 1.5
# The rest was measured on b100 at x2 with photo-x2, 60 pictures clean and spoiled.
# How much worse than interpolation NIQE may be: clean pictures come to 1.18 at most.
NIQE_MARGIN = 1.2
# Noise beyond this (grey levels) is amplified, and costs up to 4 dB; the finest texture of
# clean pictures reads as 9.
NOISE_CEILING = 10.0
# JPEG below this loses against interpolation (0.5 to -0.1 dB up to quality 50), and both NIQE
# and people's scores prefer the sharper blocks.
JPEG_FLOOR = 55.0
# Words in a card's degradation that say that a model has learned to deal with it.
SEEING_JPEG = ("jpeg", "compress")
SEEING_NOISE = ("noise",)
NO_MODEL = "No model changed this picture."
KEPT_INPUT = "the input was kept, enlarged by interpolation"

# Whether a result may be kept, and a sentence; None where there is nothing to say.
Finding = tuple[bool, str] | None


@dataclass(frozen=True)
class Verdict:
    """What was found, and what is kept.

    Attributes
    ----------
    picture
        The result, or the input brought to the same size by interpolation.
    kept
        Whether it is the result.
    why
        Sentences, in the order of the checks.
    before, after
        Of the interpolated input and of the result, on the part that was judged.
    """

    picture: Picture
    kept: bool
    why: tuple[str, ...]
    before: Assessment
    after: Assessment


class Judge(Enhancer):
    """An `Enhancer` that is never silently worse.

    Where the result says other things than its input, scores lower, or the
    input has faults that the model never learned of, the input is kept: only
    resized, by interpolation. Remarks say which and why.
    """

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        # What is judged is the network's own work, before any projection.
        self._maker = Enhancer(replace(self.options, faithful=None, judge=False))
        self._consistency = Assessor(["consistency"])
        self._niqe = Assessor(["niqe"])
        self._scorer = Assessor([SCORE]) if default_scorer() else None

    def plan(self, header: Header) -> Plan:
        found = super().plan(header)
        check_judged(self.options, found, header)
        return found

    def __call__(self, picture: Picture, mask: Picture | None = None) -> Picture:
        if mask is not None:
            raise UsageError("A mask was given, and only enlargements are judged", "no mask")
        return self.verdict(picture).picture

    def verdict(self, picture: Picture) -> Verdict:
        """The result or the input, and why; the network runs here, over the part that is judged.

        Raises
        ------
        UsageError
            If the options are for no enlargement.
        """
        picture = self.examined(picture)
        if picture.header.worn is None:  # nobody asked, and the maker shall not either
            picture = picture.with_header(worn="")
        plan = self.plan(picture.header)
        part = middle(picture, max(plan.scale))
        made = self._made(part, plan)
        plain = resize(part, size=(made.header.width, made.header.height))
        before, after = self._assess(in_memory(plain), part), self._assess(made, part)
        kept, why = decided(
            [
                consistent(before, after, consistency_floor(part, plan)),
                not_too_noisy(part, plan),
                not_too_compressed(part, plan),
                scores_no_lower(before, after),
                as_natural(before, after),
            ]
        )
        chosen = interpolated(picture, plan)
        if kept:
            reusable = part is picture and not self.options.faithful
            chosen = made if reusable else super().__call__(picture)
        chosen.remarks.extend(f"Judged: {sentence}." for sentence in why)
        return Verdict(chosen, kept, why, before, after)

    def _made(self, part: Picture, plan: Plan) -> Picture:
        return in_memory(part_enhancer(self._maker, plan, part.header)(part))

    def _assess(self, picture: Picture, source: Picture) -> Assessment:
        scores = {**self._consistency(picture, source).scores}
        with suppress(PictureError):  # too small, or flat: statistics say nothing
            scores |= self._niqe(picture).scores
        marks = self._scorer(picture) if self._scorer else self._consistency(picture, source)
        return replace(marks, scores=scores)


def decided(findings: Iterable[Finding]) -> tuple[bool, tuple[str, ...]]:
    """Whether a result is kept, and why: all sentences up to the first that is against it."""
    why: list[str] = []
    for finding in filter(None, findings):
        holds, sentence = finding
        why.append(sentence)
        if not holds:
            return False, (*why, KEPT_INPUT)
    return True, tuple(why)


def consistency_floor(source: Picture, plan: Plan) -> float:
    """The least consistency, in dB, of a result that says what its input said.

    Lower for models that learned of noise or JPEG, by what the input has of them.
    """
    floor = CONSISTENCY_FLOOR
    if _learned(plan, SEEING_JPEG) and _measured("jpeg-quality", source) is not None:
        floor = min(floor, JPEG_CONSISTENCY)
    level = _measured("noise", source) if _learned(plan, SEEING_NOISE) else None
    return min(floor, 20 * math.log10(255 / level) - NOISE_MARGIN) if level else floor


def consistent(before: Assessment, after: Assessment, least: float) -> Finding:
    """Whether the result, brought down again, gives what the input said."""
    plain, found = before["consistency"].value, after["consistency"].value
    floor = min(least, plain - BELOW_INTERPOLATION)
    holds = found >= floor
    words = "what the input says" if holds else "other things than the input"
    return holds, f"the result says {words} (consistency {found:.1f} dB, the floor {floor:.1f} dB)"


def scores_no_lower(before: Assessment, after: Assessment) -> Finding:
    """Whether people would like the result no less than the interpolated input."""
    if before.score is None or after.score is None:
        return True, "no scoring model is installed"
    was, now = before.score.value, after.score.value
    words = "no lower" if now >= was else "lower"
    return now >= was, f"its score is {words} ({now:.2f}, interpolated {was:.2f})"


def as_natural(before: Assessment, after: Assessment) -> Finding:
    """Whether the result's statistics are about as near to those of photographs."""
    try:
        was, now = before["niqe"].value, after["niqe"].value
    except KeyError:
        return True, "no NIQE can be had of this picture"
    holds = now <= was * NIQE_MARGIN
    words = "no worse" if now <= was else "little worse" if holds else "worse"
    return holds, f"its NIQE is {words} ({now:.2f}, interpolated {was:.2f}; lower is better)"


def not_too_noisy(source: Picture, plan: Plan) -> Finding:
    """Refuse noise for models that never saw any: they sharpen it."""
    level = _measured("noise", source)
    if level is None or level <= NOISE_CEILING or _learned(plan, SEEING_NOISE):
        return None
    return False, f"the input has noise of {level:.0f} grey levels, and the model learned of none"


def not_too_compressed(source: Picture, plan: Plan) -> Finding:
    """Refuse strong JPEG for models that never saw any: they sharpen its blocks."""
    quality = _measured("jpeg-quality", source)
    if quality is None or quality >= JPEG_FLOOR or _learned(plan, SEEING_JPEG):
        return None
    return False, f"the input was a JPEG of quality {quality:.0f}, and the model learned of none"


def _measured(name: str, picture: Picture) -> float | None:
    """A metric of a picture alone; None where it gives no number."""
    try:
        return Assessor([name])(picture)[name].value
    except PictureError:
        return None


def _learned(plan: Plan, words: Sequence[str]) -> bool:
    """Whether all models of a plan were trained on such a fault, as their cards say."""
    trained = [stage.model.card.data.degradation.lower() for stage in plan.stages]
    return all(any(word in one for word in words) for one in trained)


def in_memory(picture: Picture) -> Picture:
    """The same picture, computed once."""
    pixels = picture.array()
    return Picture(picture.header, None, lambda: iter([pixels]), picture.remarks)


def part_enhancer(enhancer: Enhancer, plan: Plan, part: Header) -> Enhancer:
    """An enhancer that treats a part as `enhancer` treats the whole."""
    if enhancer.options.size is None:
        return enhancer
    width, height = (
        max(1, round(part.width * plan.scale[0])),
        max(1, round(part.height * plan.scale[1])),
    )
    if (width, height) == (plan.width, plan.height):
        return enhancer
    return Enhancer(replace(enhancer.options, size=(width, height)))


def interpolated(picture: Picture, plan: Plan) -> Picture:
    """The input at the plan's size, by interpolation alone."""
    plain = resize(picture, size=(plan.width, plan.height), scale=plan.scale)
    header = plain.header.noting(NO_MODEL)
    return Picture(header, plain.bands, plain.stored_bands, [])


def keeps_shape(plan: Plan, source: Header) -> bool:
    """Whether width and height grow alike; sides are rounded, so a pixel more or less may be."""
    across, down = plan.scale
    return abs(across - down) * min(source.width, source.height) <= max(across, down)


def check_judged(options: Options, plan: Plan, source: Header) -> None:
    """Refuse to judge where nothing tells good from bad."""
    models = choose_models(options, max(plan.scale))
    enlarges = min(plan.scale) >= 1 and keeps_shape(plan, source)
    if not enlarges or any(model.card.task != UPSCALE for model in models):
        raise UsageError(
            "--judge can only judge enlargements yet",
            f"the task {UPSCALE} a scale of at least 1, and the shape kept",
            "leave --judge out, and look with claritas assess.",
        )
