"""Disks that are full or may not be written, for tests: mounted where the system lets us mount.

In a container without that right, and for people who are not root, a limit on the size of files
stands for a full disk, and folders without permission for a read-only one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path


def obedient() -> Sequence[str]:
    """Return what a process is put under so that it obeys the permissions of files."""
    return ("obedient",) if os.geteuid() == 0 else ()


@cache
def can_mount(folder: Path) -> bool:
    """Tell whether this process may mount; tried out at an empty folder."""
    try:
        _mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        return False
    _unmount(folder)
    return True


@dataclass(slots=True)
class SmallDisk:
    """A folder in which there is little room.

    Attributes:
        folder: The folder.
        mounted: Whether it is a disk of its own; else only single files cannot become large.
        kib: What fits.
    """

    folder: Path
    mounted: bool
    kib: int

    def under(self) -> Sequence[str]:
        """Return what a process is put under so that it meets the limit."""
        return () if self.mounted else (f"fsize={self.kib << 10}",)

    def grow(self, kib: int) -> None:
        """Make room, without touching what is there."""
        self.kib = kib
        if self.mounted:
            _mount("-o", f"remount,size={kib}k", str(self.folder))


@contextmanager
def small_disk(folder: Path, kib: int, *, mounted: bool) -> Iterator[SmallDisk]:
    """Put a small disk at a folder; what is written there is gone at the end if it was mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    if mounted:
        _mount("-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder))
    try:
        yield SmallDisk(folder, mounted, kib)
    finally:
        if mounted:
            _unmount(folder)


@contextmanager
def read_only(folder: Path, *, mounted: bool) -> Iterator[Sequence[str]]:
    """Let nobody write into a folder; yields what processes have to be put under."""
    if mounted:
        _mount("--bind", str(folder), str(folder))
        try:
            _mount("-o", "remount,bind,ro", str(folder))
            yield ()
        finally:
            _unmount(folder)
        return
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    modes = [path.stat().st_mode for path in folders]
    try:
        for path in folders:
            path.chmod(0o555)
        yield obedient()
    finally:
        for path, mode in zip(folders, modes, strict=True):
            path.chmod(mode)


@contextmanager
def permissions(path: Path, bits: int) -> Iterator[Sequence[str]]:
    """Give a file or folder other permissions; yields what processes have to be put under."""
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield obedient()
    finally:
        path.chmod(before)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True, timeout=60)


def _unmount(folder: Path) -> None:
    done = subprocess.run(["umount", str(folder)], check=False, capture_output=True, timeout=60)
    if done.returncode:  # somebody still looks into it: let go as soon as they are done
        with suppress(OSError):
            subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=60)
