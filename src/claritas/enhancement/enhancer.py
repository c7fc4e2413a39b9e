"""The one object that makes pictures better: made once, used often, by many threads."""

from __future__ import annotations

import functools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from claritas.engines.cache import cache_folder
from claritas.engines.devices import make_engine, native_precisions
from claritas.engines.engine import Engine, Finish, Request, Samples
from claritas.engines.threads import available_cores
from claritas.enhancement.faithful import faithful
from claritas.enhancement.plan import Options, Plan, asks_condition, make_plan
from claritas.enhancement.steps import Network
from claritas.enhancement.variants import ways
from claritas.errors import UsageError
from claritas.image.picture import Header, Picture
from claritas.image.read import open_picture
from claritas.image.resize import resize
from claritas.zoo.card import Model, PrecisionName, checked_file


class Enhancer:
    """Enhances pictures with one set of options.

    Safe to share between threads. Engines are made when they are first needed
    and kept.

    Raises
    ------
    UsageError
        If the options ask to judge: that is `Judge`'s work.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        if self.options.judge and type(self) is Enhancer:
            raise UsageError("An Enhancer does not judge", "claritas.Judge(options)")
        self._engines: dict[tuple[str, str, Samples], Engine] = {}
        self._lock = threading.Lock()

    def plan(self, header: Header) -> Plan:
        """What `__call__` will do to a picture with this header; quick, loads no engine.

        One that `examined` has not seen is taken for clean.
        """
        return make_plan(header, self.options, self._native)

    def examined(self, picture: Picture) -> Picture:
        """The same picture; its header says whether it is worn, if the choice of models asks."""
        header = picture.header
        if header.worn is not None or not asks_condition(header, self.options):
            return picture
        from claritas.enhancement.condition import worn  # which loads metrics

        why = worn(picture)
        said = [f"Taken for worn, since {why}."] if why else []
        return picture.with_header(worn=why, notes=(*header.notes, *said))

    def __call__(self, picture: Picture, mask: Picture | None = None) -> Picture:
        """The better picture, as a stream: the work is done while its bands are pulled.

        Parameters
        ----------
        mask
            White where the picture is to be painted in; instead of the options'.

        Raises
        ------
        UsageError
            If no model fits the options, or the mask the picture.
        """
        picture = self.examined(picture)
        plan = make_plan(picture.header, self.options, self._native, masked=mask is not None)
        if mask is None and self.options.mask is not None:
            mask = open_picture(Path(self.options.mask))
        remarks: list[str] = []
        result = picture
        for stage in plan.stages:
            result = self._network(stage.model, stage.precision, remarks)(result, mask)
        result = _brought_to_size(result, picture.header, plan)
        result = Picture(result.header, result.bands, result.stored_bands, remarks)
        if self.options.faithful:
            result = faithful(result, picture, self.options.faithful)
        header = result.header.noting(*map(self._described, plan.stages))
        header = replace(header, worn=None)  # it is another picture now
        return Picture(header, result.bands, result.stored_bands, remarks)

    def engine(self, model: Model, precision: str, samples: Samples) -> Engine:
        """The engine of a model, made at its first use."""
        key = (str(model.folder), precision, samples)
        with self._lock:
            if key not in self._engines:
                self._engines[key] = self._make(model, precision, samples)
            return self._engines[key]

    def _make(self, model: Model, precision: str, samples: Samples) -> Engine:
        name = cast(PrecisionName, precision)
        request = Request(
            weights=checked_file(model, name),
            finish=finish_of(model),
            precision=precision,
            samples=samples,
            device=self.options.device,
            threads=available_cores(),
            cache=cache_folder(),
        )
        return make_engine(self.options.engine, request)

    @functools.cached_property
    def _native(self) -> list[str]:
        return native_precisions(self.options.engine, self.options.device)

    def _network(self, model: Model, precision: str, remarks: list[str]) -> Network:
        options = self.options
        return Network(
            model,
            self.engine,
            precision,
            strength=options.strength,
            ensemble=options.averages,
            tile=options.tile,
            remarks=remarks,
        )

    def _described(self, stage: Any) -> str:
        card, engine = stage.model.card, self.options.engine
        mean = f", the mean over {ways([card])}" if self.options.averages else ""
        return f"Model {card.name} {card.version} in {stage.precision} ({engine}){mean}."


def finish_of(model: Model) -> Finish:
    """How a model's output becomes a picture, as its card says."""
    contract = model.card.contract
    return Finish(
        scale=1 if contract.before else contract.scale,
        channels=contract.channels,
        white=contract.range,
        residual=contract.residual,
        sub_pixel=contract.tail == "sub-pixel",
        extra=int(contract.mask),
    )


def _brought_to_size(result: Picture, source: Header, plan: Plan) -> Picture:
    """The resizer's part: from the product of the models' scales to the exact scale."""
    reached = result.header.width / source.width
    factors = plan.scale[0] / reached, plan.scale[1] / reached
    return resize(result, size=(plan.width, plan.height), scale=factors)


def notes_of(result: Picture) -> tuple[str, ...]:
    """What is to be said of a result once its bands have been pulled."""
    return (*result.header.notes, *result.remarks)
