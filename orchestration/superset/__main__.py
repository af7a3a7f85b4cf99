"""Serve the dashboard: `python -m orchestration.superset`, which `make superset` calls.

Superset lives in an environment of its own (requirements/superset.txt), since it needs other versions of much that the
warehouse uses. Its own database and the password lie in the shop's private folder: safe to delete, made anew.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from orchestration import metrics
from orchestration.asked import a_port
from orchestration.landing import connectors
from orchestration.paths import PROJECT, Home
from orchestration.refresh import lock, models
from orchestration.refresh.settings import Settings, SettingsError, resolve
from orchestration.superset import bundle

USER = "admin"
ENVIRONMENT = ".venv-superset"


class SupersetError(Exception):
    """Superset cannot be served; the message says what to do."""


def program() -> Path:
    """The command `superset`, of its own environment. SUPERSET names another one."""
    return Path(os.environ.get("SUPERSET") or PROJECT / ENVIRONMENT / "bin" / "superset")


def prepare(settings: Settings, tell: Callable[[str], None]) -> dict[str, str]:
    """Superset's own database with the user and the dashboard in it. Returns the environment that leads there.

    Raises SupersetError where a step fails or Superset is not installed, MetricsError where nothing is published.
    """
    if not program().exists():
        raise SupersetError(f"Superset is not installed in {program().parent.parent}: `make superset` installs it.")
    folder(settings.home).mkdir(parents=True, exist_ok=True)
    file = write_bundle(settings)
    leading = environment(settings)
    steps = {
        "Preparing Superset's own database.": ["db", "upgrade"],
        "Making its roles.": ["init"],
        "Making the user.": ["fab", "create-admin", "--username", USER, "--firstname", "Who", "--lastname", "Reads",
                             "--email", "reader@example.org", "--password", password(settings.home)],
    }  # fmt: skip
    for said, arguments in steps.items():
        tell(said)
        _run([str(program()), *arguments], leading)
    tell("Importing the dashboard.")
    load(file, leading)
    return leading


def environment(settings: Settings) -> dict[str, str]:
    """What leads Superset to its own database, secret and policy."""
    home = folder(settings.home)
    return {
        **models.environment(settings),
        "SUPERSET_HOME": str(home),
        "SUPERSET_CONFIG_PATH": str(Path(__file__).parent / "config.py"),
        "SUPERSET_SECRET_KEY": _kept(home / "secret_key"),
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",
    }


def write_bundle(settings: Settings) -> Path:
    """The dashboard as a file that Superset imports. Raises MetricsError where nothing is published."""
    published = metrics.published(settings)
    manifest = json.loads(metrics.semantic_manifest(settings).read_text(encoding="utf-8"))
    file = folder(settings.home) / "dashboard.zip"
    bundle.write(published, manifest, file)
    return file


def load(file: Path, leading: Mapping[str, str]) -> None:
    """Put the bundle into Superset's database, in place of what is there of it."""
    _run([str(program().parent / "python"), "-P", str(Path(__file__).parent / "load.py"), str(file), USER], leading)


def folder(home: Home) -> Path:
    """Where Superset keeps what is its own."""
    return home.private / "superset"


def password(home: Home) -> str:
    """The password of the user, made once."""
    return _kept(folder(home) / "password")


def serving(port: int) -> list[str]:
    """The command that serves on this machine and to nobody beyond it."""
    return [str(program()), "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"]


def _kept(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def _run(command: Sequence[str], leading: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        env=dict(leading),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = " ".join([Path(command[0]).name, *command[1:3]])
        raise SupersetError(f"`{said}` failed:\n{done.stdout[-2000:]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare, say where to look, and serve until stopped. 1 with a sentence on stderr where that cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.superset", description="Superset on what is published."
    )
    parser.add_argument("--shop", help="the shop (default: the demo shop)")
    parser.add_argument("--input", help="not read; the same arguments as a refresh")
    parser.add_argument("--as-of", help="show what was published for this day")
    parser.add_argument("--port", type=a_port, default=8088)
    asked = parser.parse_args(arguments)
    try:
        settings = resolve(asked.shop or None, asked.input or None, asked.as_of or None, frozenset(connectors()))
        leading = prepare(settings, lambda said: print(said, flush=True))
    except (SupersetError, SettingsError, metrics.MetricsError, lock.LockHeld, models.ModelsError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"http://127.0.0.1:{asked.port}/superset/dashboard/{bundle.SLUG}/")
    print(f"User {USER}, password {password(settings.home)}. Stop with Ctrl-C.", flush=True)
    os.execve(program(), serving(asked.port), leading)
    return 0


if __name__ == "__main__":
    sys.exit(main())
