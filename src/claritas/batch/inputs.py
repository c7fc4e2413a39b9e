"""From what the user named to a work list: which picture goes where.

Everything that can be wrong with names is an error here, before any work.
"""

# pathlib raises for names that no file system takes, where os.path says that there is no such file.
# ruff: noqa: PTH100, PTH112, PTH113, PTH120, PTH207

from __future__ import annotations

import glob
import os
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claritas.errors import PictureError, UsageError
from claritas.image.formats import FORMATS, format_for_output, format_of_name
from claritas.image.picture import Header
from claritas.image.read import is_picture_name, open_picture

LONGEST_NAME = 255  # bytes of one name on the usual file systems
OWN_ENDING = "-enhanced"
DEFAULT_PATTERN = "{stem}" + OWN_ENDING + "{suffix}"
MIRRORED_NAME = "{stem}{suffix}"
FIELDS = {
    "stem": "the input's name without suffix",
    "suffix": "the output's suffix, with the dot",
    "name": "stem and suffix",
    "scale": "the scale as it was given",
    "folder": "the input's folder within the tree that was named",
}


@dataclass(frozen=True)
class Job:
    """One picture to be made: where it comes from and where it goes."""

    input: Path
    output: Path


@dataclass(frozen=True)
class Naming:
    """How outputs are named.

    Attributes
    ----------
    out
        A file, a folder, a pattern with the fields of `FIELDS`, or None for
        `{stem}-enhanced{suffix}` beside the input.
    scale
        Text for `{scale}`; None where there is no one scale.
    suffix_of
        The output's suffix for an input, with the dot.
    """

    out: str | None
    scale: str | None
    suffix_of: Callable[[Path], str]


@dataclass(frozen=True)
class _Found:
    path: Path
    tree: Path  # the folder whose tree is mirrored
    searched: bool  # found in a folder or by a glob, not named itself


def output_suffix(path: Path, asked: str | None) -> str:
    """The suffix of an input's result, with the dot; the input's own where it may stay.

    Raises
    ------
    UsageError
        If the format asked for is unknown or can only be read.
    """
    known = format_of_name(path) or FORMATS[_format_inside(path)]
    wanted = format_for_output(Header(1, 1, 3, format=known.name), asked)
    return path.suffix if wanted is format_of_name(path) else wanted.suffixes[0]


def _format_inside(path: Path) -> str:
    try:
        return open_picture(path).header.format
    except PictureError:  # it will be said when the picture's turn comes
        return "png"


def work_list(
    inputs: Sequence[str],
    naming: Naming,
    *,
    recursive: bool,
    is_ours: Callable[[Path], bool],
) -> list[Job]:
    """All jobs, in the order of the inputs, folders sorted by name.

    Parameters
    ----------
    inputs
        Files, folders and globs.
    is_ours
        Whether a file is a result of an earlier run; those that a search finds
        are left out, like everything below an output folder inside the input.

    Raises
    ------
    UsageError
        A missing input, an input without pictures, outputs that share a name,
        lie over an input or have too long a name, an unknown field.
    """
    found: dict[str, _Found] = {}
    for text in inputs:
        for one in _search(text, naming, recursive, is_ours):
            found.setdefault(os.path.abspath(one.path), one)
    jobs = [Job(one.path, _output(one, naming)) for one in found.values()]
    _check_lengths(jobs)
    _check_shared(jobs)
    _check_over_inputs(jobs)
    return jobs


def pictures_named(inputs: Sequence[str], *, recursive: bool) -> list[Path]:
    """The pictures of files, folders and globs, each once, folders sorted by name.

    Raises
    ------
    UsageError
        A missing input, or one without pictures.
    """
    found: dict[str, Path] = {}
    for text in inputs:
        if os.path.isfile(text):
            candidates = [Path(text)]
        else:
            candidates, _ = _candidates(text, recursive)
        if not candidates:
            raise UsageError(*_nothing_found(text, os.path.isdir(text), recursive, False))
        for path in candidates:
            found.setdefault(os.path.abspath(path), path)
    return list(found.values())


def _search(
    text: str, naming: Naming, recursive: bool, is_ours: Callable[[Path], bool]
) -> list[_Found]:
    path = Path(text)
    if os.path.isfile(path):
        return [_Found(path, path.parent, searched=False)]
    candidates, tree = _candidates(text, recursive)
    results = _folder_of_results(naming.out, tree)
    others = [
        one
        for one in candidates
        if not (results and Path(os.path.realpath(one)).is_relative_to(results))
        and not _named_as_ours(one)
    ]
    kept = [one for one in others if not is_ours(one)]
    if not kept and _goes_elsewhere(naming.out, tree):
        kept = others  # a folder of nothing but results: whoever names it means them
    if not kept:
        raise UsageError(*_nothing_found(text, os.path.isdir(path), recursive, bool(candidates)))
    return [_Found(one, tree, searched=True) for one in kept]


def _candidates(text: str, recursive: bool) -> tuple[list[Path], Path]:
    """The pictures of a folder or a glob, and the folder whose tree it is."""
    path = Path(text)
    if os.path.isdir(path):
        return _pictures_below(path, recursive), path
    if not glob.has_magic(text):
        raise UsageError(
            f"There is no file or folder {text}",
            "files, folders or globs",
            "check the spelling; names with spaces need quotes.",
        )
    matches = map(Path, sorted(glob.glob(text, recursive=True)))
    found = [match for match in matches if is_picture_name(match) and os.path.isfile(match)]
    return found, _folder_before(text, "*?[")


def _pictures_below(folder: Path, recursive: bool) -> list[Path]:
    """Files with a picture's name; hidden files and folders are none of ours."""
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        visible = (Path(parent, name) for name in sorted(names) if not name.startswith("."))
        found += [path for path in visible if is_picture_name(path) and os.path.isfile(path)]
    return found


def _folder_before(text: str, marks: str) -> Path:
    """The folder part before the first of the marks: `a/b` of `a/b/*.png`."""
    first = min((text.find(mark) for mark in marks if mark in text), default=len(text))
    return Path(os.path.dirname(text[:first]))


def _folder_of_results(out: str | None, tree: Path) -> str | None:
    """Where results go, if that is a folder of its own inside the input."""
    if out is None:
        return None
    folder, inside = _folder_named(out), os.path.realpath(tree)
    return folder if folder != inside and Path(folder).is_relative_to(inside) else None


def _goes_elsewhere(out: str | None, tree: Path) -> bool:
    """Whether results go to a folder that is not inside the input."""
    if out is None or ("{" in out and not os.path.dirname(out)):
        return False  # beside the input
    return not Path(_folder_named(out)).is_relative_to(os.path.realpath(tree))


def _folder_named(out: str) -> str:
    """The folder that `--out` names, or that its pattern begins with."""
    return os.path.realpath(_folder_before(out, "{") if "{" in out else out)


def _named_as_ours(path: Path) -> bool:
    """`x-enhanced.png` beside an `x` that is a picture."""
    if not path.stem.endswith(OWN_ENDING):
        return False
    origin = path.stem.removesuffix(OWN_ENDING)
    siblings = path.parent.glob(glob.escape(origin) + ".*")
    return any(one.stem == origin and is_picture_name(one) for one in siblings)


def _nothing_found(text: str, folder: bool, recursive: bool, results: bool) -> tuple[str, str, str]:
    if results:
        remedy = "to enhance them again, name another folder for what becomes of them with --out."
        return f"{text} holds no pictures but earlier results", "pictures to enhance", remedy
    if not folder:
        return f"No picture matches {text}", "a glob that matches pictures", ""
    remedy = "" if recursive else "--recursive looks into its folders too."
    return f"The folder {text} holds no pictures", "at least one picture file", remedy


def _output(one: _Found, naming: Naming) -> Path:
    folder, values = one.path.parent, _values(one, naming)
    if naming.out is None:
        return folder / _filled(DEFAULT_PATTERN, values)
    if "{" not in naming.out:
        return _plain_output(naming.out, one, values)
    filled = _filled(naming.out, values)
    if not is_picture_name(Path(filled)) and not naming.out.endswith(("{suffix}", "{name}")):
        return _mirrored(Path(filled), one, values)
    # A pattern without a folder stands beside the input, as the default does.
    return Path(filled) if os.path.dirname(naming.out) else folder / filled


def _plain_output(out: str, one: _Found, values: Mapping[str, str | None]) -> Path:
    path = Path(out)
    if is_picture_name(path) and not os.path.isdir(path) and not out.endswith(("/", os.sep)):
        return path
    if os.path.isfile(path):
        raise UsageError(
            f"The output {out} is a file without a picture's suffix",
            "a picture's name, a folder or a pattern",
            "name the output like out.png, or choose a folder that may be made.",
        )
    return _mirrored(path, one, values)


def _mirrored(folder: Path, one: _Found, values: Mapping[str, str | None]) -> Path:
    return folder / one.path.parent.relative_to(one.tree) / _filled(MIRRORED_NAME, values)


def _values(one: _Found, naming: Naming) -> dict[str, str | None]:
    suffix = naming.suffix_of(one.path)
    return {
        "stem": one.path.stem,
        "suffix": suffix,
        "name": one.path.stem + suffix,
        "scale": naming.scale,
        "folder": str(one.path.parent.relative_to(one.tree)),
    }


def _filled(pattern: str, values: Mapping[str, str | None]) -> str:
    return "".join(_pieces(pattern, values))


def _pieces(pattern: str, values: Mapping[str, str | None]) -> Iterator[str]:
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError:
        raise UsageError(
            f"The pattern {pattern} has a brace without its partner",
            _fields(),
            "a brace that is meant as such is written twice: {{ or }}.",
        ) from None
    for literal, field, form, conversion in parts:
        yield literal
        if field is None:
            continue
        if field not in values or form or conversion:
            raise UsageError(
                f"The pattern {pattern} has an unknown field {{{field}}}",
                _fields(),
                "a brace that is meant as such is written twice: {{ or }}.",
            )
        value = values[field]
        if value is None:
            raise UsageError(
                f"The pattern {pattern} has {{{field}}}, which --size leaves open",
                "--scale, or a pattern without it",
            )
        yield value


def _fields() -> str:
    return ", ".join(f"{{{name}}} ({meaning})" for name, meaning in FIELDS.items())


def _check_lengths(jobs: Iterable[Job]) -> None:
    for name in {part: None for job in jobs for part in job.output.parts}:
        length = len(os.fsencode(name))
        if length > LONGEST_NAME:
            raise UsageError(
                f"The output name {name} is {length} bytes long",
                f"at most {LONGEST_NAME} bytes, which is what file systems hold",
                "give a shorter name or pattern with -o.",
            )


def _check_shared(jobs: Iterable[Job]) -> None:
    owners: dict[str, Job] = {}
    for job in jobs:
        other = owners.setdefault(os.path.realpath(job.output), job)
        if other is not job:
            raise UsageError(
                f"{other.input} and {job.input} would both be written to {job.output}",
                "an output of its own for each input",
                "give -o a folder, or a pattern that tells them apart, "
                "such as out/{folder}/{stem}{suffix}.",
            )


def _check_over_inputs(jobs: Sequence[Job]) -> None:
    # By device and number, so that links and spellings of one file are seen.
    inputs = {_number(job.input) for job in jobs}
    for job in jobs:
        if (number := _number(job.output)) and number in inputs:
            raise UsageError(
                f"The output {job.output} is one of the inputs",
                "an output that lies over no input: inputs are never written to",
                "choose another name or folder with -o.",
            )


def _number(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
