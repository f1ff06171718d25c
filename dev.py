#!/usr/bin/env python3
"""Sets up and runs lanshare from a checkout, with nothing but Python 3.11 or newer and its standard library.

    python3 dev.py run [--demo] [ARGUMENT...]   the window (without a screen: the main job, off screen, shown in words)
    python3 dev.py test [PYTEST ARGUMENT...]    every check
    python3 dev.py others                       the engine's and the window's tests with the other interpreters here
    python3 dev.py bench [--quick] [ROW...]     speed, as ratios side by side
    python3 dev.py bench --compare COMMIT       this tree beside another commit
    python3 dev.py soak                         the long tests
    python3 dev.py pictures [FOLDER]            the window in its states, as PNGs
    python3 dev.py windows [TEST...]            the portable tests, an exchange and the window, with a Windows Python
                                                under Wine; `windows long`, `windows window`: one part of it
    python3 dev.py package KIND...              wheel, tar, deb, windows, flatpak, macos: into dist/

It makes .venv, installs what requirements.lock pins, and adds missing system libraries with apt where it may.
Tests, demo and benchmarks run in a network namespace of their own where that is allowed, else on loopback only.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / os.environ.get("LANSHARE_VENV", ".venv")
LOCK = ROOT / "requirements.lock"
LEAST = (3, 11)

# soname -> Debian package, for Qt off screen, and beside them for a window on X11.
OFFSCREEN = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WINDOW = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
BESIDE = (
    ("tests/lan", "tests/hostile/test_lan.py", "tests/cli"),
    (
        "tests/window", "tests/qt", "tests/second", "tests/wire", "tests/exchange", "tests/hostile/test_bounds.py",
        "tests/hostile/test_floods.py", "tests/hostile/test_names.py", "tests/hostile/test_bytes.py",
        "tests/together/test_accidents.py", "tests/together/test_first_contact.py", "tests/together/test_crash.py",
    ),
)
"""Tests that run beside the others, each line a run of its own: most of their time they wait, for networks, processes
and screens, which leaves the cores to the rest. What another line names is left out of a folder."""

OTHERS = ("3.12", "3.13")
"""The Pythons that are supported beside the one that runs this file."""

UNPREPARED = 75
"""Exit code (EX_TEMPFAIL of sysexits.h) of a run that could not begin, as its environment could not be made."""

ELSEWHERE = ("domain", "wire", "trust", "store", "files", "exchange", "net", "engine", "qt")
"""What is run with them: everything in which an interpreter could differ, without the networks and real windows."""

TOOLS = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "openbox": "openbox",
    "xprop": "x11-utils",
    "import": "imagemagick",
    "ip": "iproute2",
    "mkfs.vfat": "dosfstools",
    "fusefat": "fusefat",
    "dbus-daemon": "dbus-daemon",
    "ntfs-3g": "ntfs-3g",
}


def main(arguments: list[str]) -> int:
    """Carry out one command; its exit code."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "--in-namespace":
        return in_namespace(rest)
    if command not in ("run", "test", "others", "elsewhere", "bench", "soak", "pictures", "windows", "package"):
        print(__doc__)
        return 0 if command in ("", "-h", "--help") else 2
    if sys.version_info < LEAST:
        print(f"lanshare needs Python {'.'.join(map(str, LEAST))} or newer; this is {sys.version.split()[0]}.")
        return 1
    screen = has_screen()
    if command == "package" and "LANSHARE_VENV" not in os.environ:
        again = os.environ | {"LANSHARE_VENV": ".venv-package"}  # what builds is not among what is tested
        return subprocess.run([sys.executable, str(ROOT / "dev.py"), *arguments], env=again).returncode
    if command == "others":
        return others()
    wanted = dict(OFFSCREEN)
    if command == "test" or (command == "run" and screen):
        wanted |= WINDOW
    if not system_packages(wanted, TOOLS if command in ("test", "soak") else {}):
        return 1
    if not environment():
        return UNPREPARED if command == "elsewhere" else 1
    if command == "run":
        return run(rest, screen)
    if command == "test":
        return test(rest)
    if command == "elsewhere":
        folders = [f"tests/{name}" for name in ELSEWHERE]
        quiet = ["-q", "-m", "not soak", "-p", "no:cacheprovider"]
        return isolated([python(), "-m", "pytest", *quiet, *folders, *rest], offscreen=True)
    if command == "pictures":
        folder = rest[0] if rest else str(ROOT / "artifacts" / "pictures")
        return isolated([python(), str(ROOT / "tools" / "pictures.py"), folder, *rest[1:]], offscreen=True)
    if command == "windows":
        return windows(rest)
    if command == "package":
        return package(rest)
    if command == "soak":
        return isolated([python(), "-m", "pytest", "-m", "soak", "--timeout=3600", *rest], offscreen=True)
    return isolated([python(), "-m", "bench", *rest], offscreen=True)


# --- the commands


def run(arguments: list[str], screen: bool) -> int:
    """The window, or what can be shown of it without a screen."""
    if "--demo" in arguments:
        arguments = [one for one in arguments if one != "--demo"]
        return demo(arguments, screen)
    if screen:
        return call([python(), "-m", "lanshare", *arguments], own_environment())
    print("There is no screen here, so the window runs off screen, with a second device on this machine.", flush=True)
    picture = ROOT / "artifacts" / "window.png"
    return isolated([python(), str(ROOT / "tools" / "tour.py"), "--picture", str(picture)], offscreen=True)


def demo(arguments: list[str], screen: bool) -> int:
    """The window and a made-up device beside it, both on loopback alone."""
    if not screen:
        print("There is no screen here: showing the demo device off screen instead.", flush=True)
        return run([], False)
    with tempfile.TemporaryDirectory(prefix="lanshare-demo-") as folder:
        environment_of = own_environment() | {"LANSHARE_INTERFACE": "127.0.0.1"}
        device = subprocess.Popen(
            [python(), str(ROOT / "tools" / "demo.py"), "--profile", f"{folder}/device"], env=environment_of,
            stdin=subprocess.PIPE,
        )
        try:
            print("The demo device answers what you write and sends a file back. It ends with the window.", flush=True)
            return call([python(), "-m", "lanshare", "--profile", f"{folder}/me", *arguments], environment_of)
        finally:
            device.communicate(timeout=10)


def test(arguments: list[str]) -> int:
    """Style, types, tests; the last line tells the tests' count."""
    checks = [
        [python(), "-m", "ruff", "check", "."],
        [python(), "-m", "mypy"],
        *(
            [python(), "-m", "mypy", "--platform", name, "--no-warn-unreachable", f"--cache-dir=.mypy_cache/{name}",
             "lanshare"]
            for name in ("win32", "darwin")
        ),
    ]
    pytest = [python(), "-m", "pytest", "-q", "-m", "not soak"]
    if arguments:
        return isolated([*pytest, *arguments], offscreen=True)
    for check in checks:
        print("+", " ".join(check[2:]), flush=True)
        if code := call(check, own_environment()):
            return code
    named = [path for part in BESIDE for path in part]
    uncached = [*pytest, "-p", "no:cacheprovider"]
    return side_by_side(
        [*pytest, "tests", *(f"--ignore={path}" for path in named)],
        *([*uncached, *part, *_without(part, named)] for part in BESIDE),
    )


def _without(part: Sequence[str], named: Sequence[str]) -> list[str]:
    """What is left out of a run's folders, as another run has it."""
    below = tuple(f"{one}/" for one in part)
    return [f"--ignore={path}" for path in named if path.startswith(below) and path not in part]


def others() -> int:
    """The same tests with each other interpreter that is here, at once; the last line tells their count.

    One that is not here is named, and is no failure: a person with one Python can run everything as well.
    """
    mine = ".".join(map(str, sys.version_info[:2]))
    running: list[tuple[str, subprocess.Popen[bytes], IO[bytes]]] = []
    for version in (one for one in OTHERS if one != mine):
        found = interpreter(version)
        if found is None:
            print(f"Python {version} is not on this machine: not verified.", flush=True)
            continue
        kept: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed below, when its run has ended)
        settings = own_environment() | {"LANSHARE_VENV": f".venv-{version}"}
        command = [found, str(ROOT / "dev.py"), "elsewhere"]
        run_there = subprocess.Popen(command, env=settings, cwd=ROOT, stdout=kept, stderr=subprocess.STDOUT)
        running.append((version, run_there, kept))
    outputs: list[str] = []
    codes: list[int] = []
    for version, process, kept in running:
        code = _uninterrupted(process.wait)
        codes.append(0 if code == UNPREPARED else code)
        kept.seek(0)
        outputs.append(kept.read().decode("utf-8", "replace"))
        kept.close()
        print(f"Python {version}:\n{outputs[-1]}", flush=True)
        if code == UNPREPARED:
            print(f"Python {version} is here, but its environment could not be made: not verified.", flush=True)
    print(f"Other interpreters: {summed(*outputs)}", flush=True)
    return next((code for code in codes if code), 0)


def interpreter(version: str) -> str | None:
    """An interpreter of this version that runs: on the path, or where pyenv keeps them."""
    kept = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    places = [f"python{version}", *map(str, sorted(kept.glob(f"{version}.*/bin/python{version}")))]
    for place in filter(None, map(shutil.which, places)):
        # A name on the path may be a stand-in that only says which one to install.
        asked = subprocess.run([place, "-c", "import sys; print(sys.version[:4])"], capture_output=True, text=True)
        if asked.returncode == 0 and asked.stdout.strip() == version:
            return place
    return None


def side_by_side(shown: list[str], *beside: list[str]) -> int:
    """Runs of pytest at once, each in a network of its own; what the others say comes after the first one's words."""
    ends: list[bytes] = []
    with contextlib.ExitStack() as files:
        kept = [files.enter_context(tempfile.TemporaryFile()) for _ in beside]
        others = []
        for run_there, file in zip(beside, kept, strict=True):
            command, environment_of = fenced(run_there, offscreen=True)
            others.append(
                subprocess.Popen(command, env=environment_of, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
            )
        command, environment_of = fenced(shown, offscreen=True)
        first = subprocess.Popen(command, env=environment_of, cwd=ROOT, stdout=subprocess.PIPE)
        assert first.stdout is not None
        told = first.stdout.fileno()
        while piece := _uninterrupted(lambda: os.read(told, 65536)):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            ends = [b"".join(ends)[-4096:], piece]
        codes = [_uninterrupted(process.wait) for process in (first, *others)]
        words = [b"".join(ends)]
        for file in kept:
            file.seek(0)
            words.append(file.read())
    first.stdout.close()
    for spoken in words[1:]:
        sys.stdout.buffer.write(b"Beside it:\n" + spoken)
    sys.stdout.buffer.flush()
    print(summed(*(one.decode("utf-8", "replace") for one in words)), flush=True)
    return next((code for code in codes if code), 0)


def summed(*outputs: str) -> str:
    """The counts in the last lines of several runs of pytest, added up."""
    counts: dict[str, int] = {}
    for output in outputs:
        last = output.strip().rpartition("\n")[2]
        for number, kind in re.findall(r"(\d+) (passed|failed|skipped|errors?)", last):
            counts[kind.rstrip("s") if kind.startswith("error") else kind] = counts.get(kind, 0) + int(number)
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "no tests"


def _uninterrupted(wait: Callable[[], Any]) -> Any:
    while True:
        try:
            return wait()
        except KeyboardInterrupt:
            continue


# --- running


def python() -> str:
    """The interpreter of our environment."""
    return str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def own_environment() -> dict[str, str]:
    """The environment in which the checkout's own package is found."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    return os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def call(command: list[str], environment_of: dict[str, str]) -> int:
    """Run a command to its end; Ctrl+C is its own matter."""
    return int(_uninterrupted(subprocess.Popen(command, env=environment_of, cwd=ROOT).wait))


def isolated(command: list[str], offscreen: bool) -> int:
    """Run where nothing can reach a real network."""
    return call(*fenced(command, offscreen))


def fenced(command: list[str], offscreen: bool) -> tuple[list[str], dict[str, str]]:
    """How to run something where nothing can reach a real network: in a namespace of its own, else on loopback."""
    environment_of = own_environment()
    # A script's background job begins with Ctrl+C ignored, and so would all the programs that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if offscreen:
        environment_of["QT_QPA_PLATFORM"] = "offscreen"
    if not in_own_network():
        for unshare in (["unshare", "-n"], ["unshare", "-rn"]):
            if shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True).returncode == 0:
                wrapped = [*unshare, sys.executable, str(ROOT / "dev.py"), "--in-namespace", *command]
                return wrapped, environment_of | {"LANSHARE_OWN_NETWORK": "1"}
    environment_of["LANSHARE_INTERFACE"] = "127.0.0.1"
    return command, environment_of


def in_own_network() -> bool:
    """Whether a dev.py above us made the namespace already."""
    return os.environ.get("LANSHARE_OWN_NETWORK") == "1"


def in_namespace(command: list[str]) -> int:
    """Inside a fresh network namespace: bring loopback up, then become the command."""
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        get_flags, set_flags, up = 0x8913, 0x8914, 0x1
        request = struct.pack("16sh14x", b"lo", 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(control, get_flags, request))
        fcntl.ioctl(control, set_flags, struct.pack("16sh14x", b"lo", flags | up))
    os.execvpe(command[0], command, os.environ | {"LANSHARE_INTERFACE": "127.0.0.1"})


def has_screen() -> bool:
    """Whether a window can be shown."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def windows(arguments: list[str]) -> int:
    """What is portable, with a Windows Python under Wine; what is missing for that is said in one line."""
    from tools import windows as wine

    system_packages({}, wine.PACKAGES)
    if missing := wine.missing():
        print(f"Not on this machine: {', '.join(missing)}. Nothing was tested under Wine.")
        return UNPREPARED
    folder = ROOT / ".windows"
    if not wine.prepare(folder, [sys.executable, "-m", "pip"]):
        return UNPREPARED
    if arguments[:1] in (["long"], ["window"]):
        return isolated([python(), "-m", f"tools.windows_{arguments[0]}", str(folder), *arguments[1:]], offscreen=True)
    code = isolated([python(), str(ROOT / "tools" / "windows.py"), str(folder), *arguments], offscreen=True)
    if code or arguments:
        return code
    code = isolated([python(), "-m", "tools.windows_window", str(folder)], offscreen=True)
    return 0 if code == UNPREPARED else code


PACKAGERS = {"deb": {"dpkg-deb": "dpkg"}, "windows": {"makensis": "nsis"}}
"""Kind of package -> the programs that it needs, with their Debian packages."""


def package(kinds: list[str]) -> int:
    """Build packages, in an environment of what they carry and what builds them."""
    system_packages(OFFSCREEN if "windows" in kinds else {}, {
        program: name for kind in kinds for program, name in PACKAGERS.get(kind, {}).items()
    })
    if "windows" in kinds:
        from tools import windows as wine

        system_packages({}, wine.PACKAGES)
        if (missing := wine.missing()) or not wine.prepare(ROOT / ".windows", [sys.executable, "-m", "pip"]):
            print(f"Not on this machine: {', '.join(missing)}. No installer was built." if missing else "")
            return UNPREPARED
    if subprocess.run([*pip_install(), "-r", str(ROOT / "packaging" / "build.lock")]).returncode:
        print("What builds the packages could not be installed.")
        return UNPREPARED
    return call([python(), str(ROOT / "tools" / "package.py"), *kinds], own_environment())


# --- set-up


def system_packages(libraries: dict[str, str], tools: dict[str, str]) -> bool:
    """Add what is missing with apt where we may; else print the one line to type. True if all is there."""
    if not sys.platform.startswith("linux"):
        return True
    missing = {package for soname, package in libraries.items() if not loads(soname)}
    optional = {package for tool, package in tools.items() if shutil.which(tool) is None}
    if not missing and not optional:
        return True
    packages = sorted(missing | optional)
    line = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    apt = shutil.which("apt-get")
    root = os.geteuid() == 0
    sudo = [] if root else ["sudo", "-n"]
    may = apt and (root or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
                   if root or shutil.which("sudo") else False)
    if may:
        print(f"Installing system packages: {' '.join(packages)}", flush=True)
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        log = tempfile.NamedTemporaryFile(prefix="lanshare-apt-", suffix=".log", delete=False)  # noqa: SIM115
        install = [*sudo, *line.split()]
        code = subprocess.run(install, env=quiet, stdout=log, stderr=log).returncode
        if code:
            subprocess.run([*sudo, "apt-get", "update"], env=quiet, stdout=log, stderr=log)
            code = subprocess.run(install, env=quiet, stdout=log, stderr=log).returncode
        if code == 0:
            return True
        print(f"That did not work; {log.name} says why.")
    if missing:
        print(f"System libraries are missing. Please type:\n  sudo {line}\n(or install the like on your system)")
        return False
    print(f"Some tests will be skipped, because tools are missing. To run them, type:\n  sudo {line}")
    return True


def loads(soname: str) -> bool:
    """Whether a shared library can be loaded."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def environment() -> bool:
    """Make .venv with exactly what the lock file pins; True if it is there."""
    stamp = VENV / "lanshare.stamp"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and Path(python()).exists():
        return True
    print("Setting up .venv (once; about a minute)", flush=True)
    if not Path(python()).exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            # Debian without python3-venv has no ensurepip: the pip outside installs into it.
            shutil.rmtree(VENV, ignore_errors=True)
            made = subprocess.run(
                [sys.executable, "-m", "venv", "--without-pip", str(VENV)], capture_output=True, text=True
            )
            if made.returncode:
                print(f"The environment could not be made:\n{made.stdout}{made.stderr}")
                return False
    if subprocess.run([*pip_install(), "-r", str(LOCK)]).returncode:
        print("The dependencies could not be installed. Is there a network, or a package index set up for pip?")
        return False
    stamp.write_text(wanted)
    return True


def pip_install() -> list[str]:
    """The words that install into the environment what is pinned by hashes."""
    own_pip = subprocess.run([python(), "-m", "pip", "--version"], capture_output=True).returncode == 0
    pip = [python(), "-m", "pip"] if own_pip else [sys.executable, "-m", "pip", "--python", python()]
    return [*pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
