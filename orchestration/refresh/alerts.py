"""Who is told when a night has failed: a command and a web address, both off by default.

    WAREHOUSE_ALERT_COMMAND    a shell command; the paragraph on what failed comes on its standard input
    WAREHOUSE_ALERT_WEBHOOK    an address that takes a POST of {"text": ..., "shop": ...}, as chat services do

A red run by hand tells them, and so does one of Dagster's schedule, by a sensor. The paragraph says what failed, where,
what is untouched and what to do; details of failing rows are of core and marts, where no name or address is.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path

COMMAND = "WAREHOUSE_ALERT_COMMAND"
WEBHOOK = "WAREHOUSE_ALERT_WEBHOOK"

PATIENCE_SECONDS = 30.0


def are_on(environment: Mapping[str, str] | None = None) -> bool:
    """Whether anybody is to be told."""
    found = os.environ if environment is None else environment
    return bool(found.get(COMMAND) or found.get(WEBHOOK))


def send(shop: str, paragraph: str, tell: Callable[[str], None]) -> None:
    """Tell whoever is to be told. What goes wrong with that is told to `tell`, and nothing else comes of it."""
    for variable, hand_over in ((COMMAND, _to_command), (WEBHOOK, _to_webhook)):
        where = os.environ.get(variable)
        if where:
            try:
                hand_over(where, shop, paragraph)
            except (OSError, ValueError, HTTPException, subprocess.SubprocessError) as error:
                tell(f"The alert could not be handed over ({variable}): {_why(error, where)}")


def _why(error: Exception, where: str) -> str:
    """What went wrong, without what commands and addresses carry: tokens."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"{_program(where)} ended with exit code {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{_program(where)} took longer than {error.timeout:.0f} seconds"
    if isinstance(error, OSError):
        return " ".join(str(error).replace(where, "the address").split())
    return f"no answer came of what is no web address, or no web server ({type(error).__name__})"


def _program(command: str) -> str:
    """The program that a command begins with, without its folder; what is set for it alone is passed over."""
    try:
        words = [word for word in shlex.split(command) if not re.match(r"\w+=", word)]
    except ValueError:
        words = []
    return f"the program {Path(words[0]).name}" if words and re.fullmatch(r"[\w./+-]+", words[0]) else "the command"


def _to_command(command: str, shop: str, paragraph: str) -> None:
    # A shell, because the variable holds what a person would type.
    subprocess.run(
        command,
        shell=True,
        input=f"{paragraph}\n",
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, "WAREHOUSE_SHOP": shop},
        # What a program or its shell says of itself may hold the command, and so a token.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _to_webhook(address: str, shop: str, paragraph: str) -> None:
    if not address.startswith(("http://", "https://")):
        raise ValueError("no web address")
    request = urllib.request.Request(
        address,
        data=json.dumps({"text": paragraph, "shop": shop}).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        answer.read()
