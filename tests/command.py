"""The real command line at a third of its price: forked from a process that has loaded other people's libraries."""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARIES = """
scrapy.cmdline scrapy.crawler scrapy.commands.crawl scrapy.commands.shell scrapy.commands.check scrapy.utils.test
scrapy.core.downloader.handlers.http11 scrapy.downloadermiddlewares.redirect scrapy.downloadermiddlewares.retry
scrapy.downloadermiddlewares.robotstxt scrapy.spidermiddlewares.referer scrapy.statscollectors scrapy.squeues
alembic.command alembic.config sqlalchemy.dialects.postgresql sqlalchemy.dialects.sqlite.pysqlite psycopg
aiohttp.web anyascii apscheduler babel.dates dateparser dateutil.parser eldc feedparser langdetect lxml.html mf2py
numpy.typing platformdirs py3langid pycld2 queuelib regex rich.console rich.live rich.progress rich.table
statistics tldextract trafilatura warcio"""
"""What is ours is imported anew by every run, in the order that the command asks for it."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(LIBRARIES.split())


def scrapy(*args: str, env: Mapping[str, str], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """``python -W error -m scrapy ARGS`` with exactly this environment; killed after five minutes."""
    with tempfile.TemporaryDirectory() as folder:
        process = _forks.Process(target=_run, args=(args, dict(env), cwd, folder))
        process.start()
        process.join(300)
        if process.is_alive():
            process.kill()
            process.join()
        code = process.exitcode
        process.close()
        told = [(Path(folder) / name).read_text("utf-8") for name in ("stdout", "stderr")]
    return subprocess.CompletedProcess(["scrapy", *args], -1 if code is None else code, *told)


def _run(args: tuple[str, ...], env: dict[str, str], cwd: Path, folder: str) -> None:
    gc.freeze()  # so many objects of libraries would be looked through again and again
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(Path(folder) / name, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        setattr(sys, name, open(descriptor, "w", encoding="utf-8", errors="backslashreplace", closefd=False))  # noqa: SIM115
    sys.argv[1:] = args
    warnings.simplefilter("error")
    try:
        runpy.run_module("scrapy", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()
