"""A LAN on one machine: hosts in network namespaces on bridges in a namespace of their own. Root and Linux only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def cannot() -> str:
    """Why no LAN can be made here; empty if one can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if shutil.which("ip") is None:
        return "ip (iproute2) is missing"
    if os.geteuid() != 0:
        return "needs root to make network namespaces"
    name = f"lsprobe{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        return "network namespaces cannot be made here"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


class Lan:
    """Hosts on bridges. Everything is taken down by close()."""

    def __init__(self) -> None:
        self._tag = f"ls{os.getpid() % 10000}"
        self._switch = f"{self._tag}sw"
        self._hosts: list[str] = []
        self._run("ip", "netns", "add", self._switch)
        self._inside(self._switch, "ip", "link", "set", "lo", "up")
        self._bridges: set[str] = set()

    def host(self, name: str) -> str:
        """A host with only loopback; its namespace."""
        space = f"{self._tag}{name}"
        self._run("ip", "netns", "add", space)
        self._hosts.append(space)
        self._inside(space, "ip", "link", "set", "lo", "up")
        return space

    def plug(self, space: str, interface: str, address: str, bridge: str = "br0") -> None:
        """Give a host an interface on a bridge; `address` with its prefix length, empty for none yet."""
        if bridge not in self._bridges:
            self._bridges.add(bridge)
            self._inside(self._switch, "ip", "link", "add", bridge, "type", "bridge")
            self._inside(self._switch, "ip", "link", "set", bridge, "up")
        far = f"{space[len(self._tag):]}{interface}"[:15]
        self._inside(space, "ip", "link", "add", interface, "type", "veth", "peer", "name", far,
                     "netns", self._switch)
        self._inside(self._switch, "ip", "link", "set", far, "master", bridge, "up")
        self._inside(space, "ip", "link", "set", interface, "up")
        if address:
            self.address(space, interface, address)

    def address(self, space: str, interface: str, address: str) -> None:
        """Give an interface (only) this address; a route for multicast comes with it."""
        self._inside(space, "ip", "addr", "flush", "dev", interface)
        self._inside(space, "ip", "addr", "add", address, "dev", interface)

    def drop(self, space: str, interface: str) -> None:
        """Take an interface's addresses away."""
        self._inside(space, "ip", "addr", "flush", "dev", interface)

    def link(self, space: str, interface: str, up: bool) -> None:
        """Pull or plug the cable."""
        self._inside(space, "ip", "link", "set", interface, "up" if up else "down")

    def prefix(self, space: str) -> tuple[str, ...]:
        """What to put before a command to run it on a host."""
        return ("ip", "netns", "exec", space)

    def close(self) -> None:
        """Take the LAN down."""
        for space in [*self._hosts, self._switch]:
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)

    def _inside(self, space: str, *command: str) -> None:
        self._run(*self.prefix(space), *command)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr}"


def profile_folder(base: Path, name: str) -> Path:
    """A short path, so that the local socket fits."""
    folder = base / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
