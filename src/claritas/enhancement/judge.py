"""Enhancing and judging in one loop: a result is kept only where it is no worse.

Neither the `Enhancer` nor the `Assessor` knows the other's inside; this is
where they meet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from claritas.assessment.assessor import SCORE, Assessment, Assessor, is_worse
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.part import middle
from claritas.enhancement.plan import UPSCALE, Options, Plan, choose_models
from claritas.errors import PictureError, UsageError
from claritas.image.picture import Header, Picture
from claritas.image.resize import resize
from claritas.zoo.catalogue import default_scorer

# A result that says what its input said has 40 dB and more (models for clean photographs 55,
# shuffled weights 29 to 33). Interpolated noise has less, so there a result may have
# as little as interpolation, and a little less.
CONSISTENCY_FLOOR = 40.0
BELOW_INTERPOLATION = 0.5
# How much worse than interpolation NIQE may be. Measured, b100 at x2: noise of 12 levels and more
# gives 1.3 and more, clean pictures up to 1.2, but for one in forty.
NIQE_MARGIN = 1.2
# JPEG below this loses against interpolation with models that never saw any (measured on
# b100, x2: 0.1 to -0.4 dB up to quality 40), and NIQE prefers the sharper blocks.
JPEG_FLOOR = 55.0
SEEING_JPEG = ("jpeg", "compress")
NO_MODEL = "No model changed this picture."
KEPT_INPUT = "the input was kept, enlarged by interpolation"


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

    Where the result says other things than its input, or scores lower, the
    input is kept: only resized, by interpolation. Remarks say which and why.
    The scoring model that ships gives the score, else the user's, else NIQE does.
    """

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        # What is judged is the network's own work, before any projection.
        self._maker = Enhancer(replace(self.options, faithful=None, judge=False))
        model = default_scorer()
        self._measure = SCORE if model else "niqe"
        self._jpeg = Assessor(["jpeg-quality"])
        self._consistency = Assessor(["consistency"])
        self._marks = Assessor([self._measure], model)

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
        plan = self.plan(picture.header)
        part = middle(picture, max(plan.scale))
        made = self._made(part, plan)
        plain = resize(part, size=(made.header.width, made.header.height))
        before, after = self._assess(in_memory(plain), part), self._assess(made, part)
        kept, why = decided(before, after, self._measure)
        if kept and self._measure == "niqe":
            kept, why = self._of_jpeg(part, plan, why)
        chosen = interpolated(picture, plan)
        if kept:
            reusable = part is picture and not self.options.faithful
            chosen = made if reusable else super().__call__(picture)
        chosen.remarks.extend(f"Judged: {sentence}." for sentence in why)
        return Verdict(chosen, kept, why, before, after)

    def _of_jpeg(
        self, part: Picture, plan: Plan, why: tuple[str, ...]
    ) -> tuple[bool, tuple[str, ...]]:
        """Refuse strong JPEG for models that never saw any: without a scorer nothing tells."""
        trained = [stage.model.card.data.degradation.lower() for stage in plan.stages]
        if all(any(word in one for word in SEEING_JPEG) for one in trained):
            return True, why
        try:
            quality = self._jpeg(part)["jpeg-quality"].value
        except PictureError:  # no trace of it
            return True, why
        if quality >= JPEG_FLOOR:
            return True, why
        seen = f"the input was a JPEG of quality {quality:.0f}, and the model was trained on none"
        return False, (*why, seen, KEPT_INPUT)

    def _made(self, part: Picture, plan: Plan) -> Picture:
        return in_memory(part_enhancer(self._maker, plan, part.header)(part))

    def _assess(self, picture: Picture, source: Picture) -> Assessment:
        consistency = self._consistency(picture, source)
        try:
            marks = self._marks(picture)
        except PictureError:  # too small, or flat: statistics say nothing
            return consistency
        return replace(marks, scores={**marks.scores, **consistency.scores})


def decided(before: Assessment, after: Assessment, measure: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a result is kept, and why.

    Parameters
    ----------
    before, after
        Of the interpolated input and of the result; both with their consistency.
    measure
        `score` or the name of a metric, which decides where both have it.
    """
    plain, found = before["consistency"].value, after["consistency"].value
    floor = min(CONSISTENCY_FLOOR, plain - BELOW_INTERPOLATION)
    numbers = f"consistency {found:.1f} dB, the floor {floor:.1f} dB"
    if found < floor:
        return False, (f"the result says other things than the input ({numbers})", KEPT_INPUT)
    why = [f"the result says what the input says ({numbers})"]
    try:
        was, now = before[measure], after[measure]
    except KeyError:
        return True, (*why, f"no {measure} can be had of this picture, so consistency alone counts")
    margin = NIQE_MARGIN if measure == "niqe" else 1.0
    worse = is_worse(now, was.value * margin)
    numbers = f"{now.value:.2f}, interpolated {was.value:.2f}; {now.direction}"
    if measure == "niqe":
        numbers += "; no scoring model is installed"
    why.append(f"its {measure} is {'worse' if worse else 'no worse'} ({numbers})")
    return not worse, (*why, *([KEPT_INPUT] if worse else []))


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
