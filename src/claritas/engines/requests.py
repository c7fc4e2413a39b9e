"""Requests of a compiled network: each for one thread at a time, kept for the next."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MOST = 4  # at once; a request holds the memory of all maps between the layers


class Requests:
    """The requests of one of OpenVINO's compiled networks; safe to share between threads."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._made = 0

    @contextmanager
    def one(self) -> Iterator[Any]:
        """A request of one's own for as long as it is used."""
        try:
            request = self._idle.get(block=self._made >= MOST)
        except queue.Empty:
            self._made += 1
            request = self._compiled.create_infer_request()
        try:
            yield request
        finally:
            self._idle.put(request)
