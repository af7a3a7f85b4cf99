"""The dbt project as dbt parsed it, kept once for all homes, and dbt run on it without parsing it again.

Parsing these files takes dbt ten seconds, and it would do so in each home anew, since it takes the place of the
warehouse and the vars for a part of what it has parsed. What comes out depends on the files and the engine, and on no
home and no var: vars stand in the text of models and move no reference (what a model reads in one case only, it names
in a `-- depends_on:` line). So it is kept in `target/parsed` by a hash of them, copied to where it is needed, and
handed to dbt as it is.

    parsed.prepare(home.target, environment, "duckdb")
    words = parsed.run("build", *parsed.about(variables, "duckdb"), environment=environment)

In `environment`, DBT_TARGET_PATH is the folder that was prepared.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from orchestration.paths import PROJECT

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

MADE_FROM = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/sql")
"""What the manifest is made from: these files and folders, and the engine."""

MANIFEST, SEMANTICS, PARSED = "manifest.json", "semantic_manifest.json", "partial_parse.msgpack"
"""What dbt leaves when it has parsed: for everybody, for MetricFlow, for itself."""

STAMP = "manifest.stamp"
"""The hash of what a prepared folder was made from."""

STORE = PROJECT / "target" / "parsed"

LATEST = 8
"""So many are kept in the store, the last ones used."""

LAST_WORDS = 3000
"""Characters of what dbt said at the end, where it fails: the reason stands there."""


class ParseError(Exception):
    """The dbt project does not parse; the message is dbt's own."""


def prepare(folder: Path, environment: Mapping[str, str], engine: str) -> bool:
    """Lay out the parsed project in `folder`, where it is not there already; True where dbt had to parse for it.

    Raises ParseError where it does not parse.
    """
    stamp, kept = folder / STAMP, stored(engine)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == kept.name and _is_whole(folder / MANIFEST):
        return False
    # Whoever comes while another one parses waits, and takes what that one has made.
    with alone():
        is_new = not kept.is_dir()
        if is_new:
            _parse(kept, environment, engine)
        folder.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        for name in (MANIFEST, SEMANTICS, PARSED):
            shutil.copyfile(kept / name, folder / name)
        os.utime(kept)
    stamp.write_text(kept.name, encoding="utf-8")
    return is_new


def stored(engine: str) -> Path:
    """Where the store keeps what belongs to this engine, once it was prepared."""
    return STORE / fingerprint_of(PROJECT, engine)


def run(*arguments: str, environment: Mapping[str, str], folder: Path = PROJECT) -> str | None:
    """Run dbt to its end, started in `folder`. None where it did well, else its last words, in one line."""
    done = subprocess.run(
        dbt(*arguments),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return None if done.returncode == 0 else " ".join(done.stdout.split())[-LAST_WORDS:] or "it said nothing"


def dbt(*arguments: str) -> list[str]:
    """The command that runs dbt with these arguments on the project that was prepared in DBT_TARGET_PATH."""
    return [sys.executable, "-m", "orchestration.parsed", *arguments]


def about(variables: Mapping[str, object], engine: str) -> list[str]:
    """What every dbt command is called with: the engine, where the project lies, the vars."""
    return [
        *("--target", engine, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--vars", json.dumps(dict(variables), sort_keys=True)),
    ]


def fingerprint_of(project: Path, engine: str) -> str:
    """What the manifest depends on, as one hash: files and where they lie, the engine, the version of dbt."""
    # The manifest says in full where seeds are read.
    digest = hashlib.sha256(f"{project.resolve()}\0".encode())
    for name in MADE_FROM:
        root = project / name
        files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
        for file in files:
            # The content of a seed is read when it is loaded, not when it is parsed; it may be large.
            content = b"" if file.suffix == ".csv" else file.read_bytes()
            digest.update(f"{file.relative_to(project)}\0{len(content)}\0".encode() + content)
    versions = [version("dbt-core"), version(f"dbt-{engine}")]
    digest.update(json.dumps([engine, versions]).encode())
    return digest.hexdigest()


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time reads and changes the store. Not to be asked for by who has it."""
    STORE.mkdir(parents=True, exist_ok=True)
    with STORE.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _parse(kept: Path, environment: Mapping[str, str], engine: str) -> None:
    made = Path(mkdtemp(dir=STORE))
    try:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("dbt")), "--quiet", "parse", *about({}, engine)],
            cwd=PROJECT,
            env={**environment, "DBT_TARGET_PATH": str(made)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ParseError(f"The dbt project does not parse: {' '.join(done.stdout.split())}")
        made.rename(kept)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    for old in sorted(STORE.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[LATEST:]:
        shutil.rmtree(old, ignore_errors=True)


def _is_whole(manifest: Path) -> bool:
    """Whether the manifest can be read: dbt writes it anew in each build, and may be killed while it does."""
    try:
        return bool(json.loads(manifest.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return False


def runner() -> dbtRunner:
    """dbt in this process, on the project that was prepared in DBT_TARGET_PATH, for one command after the other."""
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=read(Path(os.environ["DBT_TARGET_PATH"])))


def read(folder: Path) -> Manifest:
    """The project that was prepared in `folder`, as dbt's own Python takes it."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack((folder / PARSED).read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def main(arguments: Sequence[str]) -> int:
    """dbt, as its own command would run, on the prepared project. Returns dbt's exit code."""
    done = runner().invoke(list(arguments))
    if done.exception is not None:
        print(done.exception, file=sys.stderr)
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
