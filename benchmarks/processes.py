"""What a running process holds: memory, threads and open handles. Linux only, from /proc."""

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Footprint", "Resident", "footprint", "resident"]


@dataclass(frozen=True)
class Footprint:
    """Resident memory in bytes, threads, and open files and sockets."""

    rss: int
    threads: int
    handles: int


def footprint(pid: int) -> Footprint:
    """What the process `pid` holds now."""
    found = dict(re.findall(r"^(VmRSS|Threads):\s+(\d+)", _status(pid), re.MULTILINE))
    handles = len(list((Path("/proc") / str(pid) / "fd").iterdir()))
    return Footprint(int(found["VmRSS"]) * 1024, int(found["Threads"]), handles)


@dataclass(frozen=True)
class Resident:
    """Bytes in memory: a process's own, and those of files, which the system can take back."""

    private: int
    mapped: int


def resident(pid: int | str) -> Resident:
    """What of the process `pid` ("self" for this one) is in memory now."""
    status = _status(pid)
    kinds = dict(re.findall(r"^Rss(Anon|File|Shmem):\s+(\d+)", status, re.MULTILINE))
    private, files, shared = (1024 * int(kinds[kind]) for kind in ("Anon", "File", "Shmem"))
    return Resident(private, files + shared)


def _status(pid: int | str) -> str:
    folder = Path("/proc") / str(pid)
    if not folder.exists():
        raise SystemExit(f"there is no {folder}: this benchmark needs Linux and a live process")
    return (folder / "status").read_text(encoding="utf-8")
