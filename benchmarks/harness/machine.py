"""What a figure was taken on: the machine, how busy it was, and the versions of what took part."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

import kagzi_dsl

_SYNCS = 200


def machine(folder: Path) -> dict[str, Any]:
    """The processor, the memory, the disk under `folder`, and the load before anything was measured."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "filesystem": _filesystem(folder),
        "ms_an_fsync": round(_ms_an_fsync(folder), 3),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """What runs here."""
    packages = ("asyncpg", "uvloop", "orjson", "pydantic")
    own = {"kagzi-dsl": _own_version(), "python": platform.python_version()}
    return {**own, **{name: version(name) for name in packages}}


def _own_version() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True)
    return f"{kagzi_dsl.__version__} ({found.stdout.strip()})" if found.returncode == 0 else kagzi_dsl.__version__


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _filesystem(folder: Path) -> str:
    mounts = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "?"


def _ms_an_fsync(folder: Path) -> float:
    """What it costs to make 8 KB durable: what every commit pays at least once."""
    page = os.urandom(8_192)
    path = folder / "fsync"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        began = time.perf_counter()
        for _ in range(_SYNCS):
            os.pwrite(fd, page, 0)
            os.fsync(fd)
        return 1_000 * (time.perf_counter() - began) / _SYNCS
    finally:
        os.close(fd)
        path.unlink()
