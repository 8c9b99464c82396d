"""Copying bundled programs to where the servers' account may read and run them."""

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from config.embedded.binaries import Programs, version_text
from config.embedded.errors import EmbeddedError
from config.embedded.places import Place


def runnable(programs: Programs, place: Place) -> Programs:
    """The same programs, from a copy beside the data where `place`'s account cannot run these."""
    if place.account is None or _runs(programs, place):
        return programs
    if not programs.tree:
        raise EmbeddedError(
            f"{programs.serving} may not be run by the user the servers run as: "
            "let every user run it, or run the command as an ordinary user."
        )
    source = programs.tree[0].parent.parent
    name = f"{programs.server}-{version_text(programs.version)}-{_digest(source)}"
    copy = place.base / name
    copied = replace(programs, folder=copy / programs.folder.relative_to(source))
    if not copy.exists():
        unfinished = place.base / f"{name}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            _copy(programs.tree, source, unfinished, place)
        except shutil.Error as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EmbeddedError(
                f"{programs.server} could not be copied to {copy}: {error.args[0][0][2]}"
            ) from None
        unfinished.rename(copy)
    if not _runs(copied, place):
        raise EmbeddedError(
            f"{copied.serving} cannot be run (is {place.base.parent} mounted noexec?): "
            "move the checkout to a folder that every user may enter."
        )
    return copied


def _copy(trees: tuple[Path, ...], source: Path, target: Path, place: Place) -> None:
    for tree in trees:
        # Libraries are looked for relative to the programs: the layout is kept.
        shutil.copytree(
            tree, target / tree.relative_to(source), ignore=shutil.ignore_patterns("include")
        )
    for path in (target, *target.rglob("*")):
        place.give(path)


def _runs(programs: Programs, place: Place) -> bool:
    try:
        tried = subprocess.run(
            [str(programs.serving), "--version"],
            capture_output=True,
            check=False,
            **place.popen(),
        )
    except OSError:
        return False
    return tried.returncode == 0


def _digest(source: Path) -> str:
    return hashlib.sha256(str(source).encode()).hexdigest()[:8]
