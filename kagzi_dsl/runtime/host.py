"""Which process this is, so that others on this machine can tell whether it still lives.

A pid alone can be reused; with the process's start time and the machine's boot id it cannot be mistaken.
"""

from __future__ import annotations

import functools
import os
import platform
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Process:
    """A process on some machine; `started` is its start time as its system tells it."""

    host: str
    boot_id: str
    pid: int
    started: str


def this_process() -> Process:
    """The process that asks."""
    return _process(os.getpid())


@functools.cache
def _process(pid: int) -> Process:
    # By pid, since a process that is forked is another one.
    return Process(host=socket.gethostname(), boot_id=boot_id(), pid=pid, started=start_time(pid) or "")


def boot_id() -> str:
    """What names this boot of this machine: containers that share a kernel but not their pids do not share it."""
    namespace = ""
    if platform.system() == "Linux":
        base = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        try:
            namespace = os.readlink("/proc/self/ns/pid")
        except OSError:
            namespace = "?"
    else:
        base = f"{platform.node()}-{round(psutil.boot_time())}"
    return f"{base}{namespace}"


def start_time(pid: int) -> str | None:
    """When a process started; None when there is no such process, or only a zombie of it."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return f"{process.create_time():.2f}"
    except psutil.Error:
        return None


def is_gone(process: Process) -> bool:
    """Whether a process is known to have ended; False where nobody here can tell."""
    here = this_process()
    if process.boot_id != here.boot_id:
        return False
    started = here.started if process.pid == here.pid else start_time(process.pid)
    return started != process.started
