"""Builds the packages: everything that is installed from one checkout, the same bytes each time.

    python tools/package.py KIND...     wheel, tar, deb, windows, flatpak, macos; into dist/

Run by `python3 dev.py package`, which makes the environment that this runs in: what requirements.lock pins, and what
builds (packaging/build.lock). The man page and the completions are made from the parser itself, so that they name what
there is. SOURCE_DATE_EPOCH is the date of what is built: the last commit's, or the changelog's.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import hashlib
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import lanshare  # noqa: E402
from lanshare.cli.arguments import build_parser  # noqa: E402

DIST: Final = ROOT / "dist"
HERE: Final = ROOT / "packaging"
ID: Final = "org.lanshare.lanshare"
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def main(kinds: list[str]) -> int:
    """Build these; the exit code."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        print(f"Packages: {', '.join(KINDS)}." + (f" There is no {unknown[0]}." if unknown else ""))
        return 2
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch())
    os.environ["PYTHONHASHSEED"] = "0"
    DIST.mkdir(exist_ok=True)
    for kind in kinds:
        for path in KINDS[kind]():
            size = path.stat().st_size / 1e6
            print(f"{path.relative_to(ROOT)}  {size:.1f} MB  sha256 {digest(path)}", flush=True)
    return 0


def epoch() -> int:
    """When what is built was made, in seconds since 1970."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    return int(told.stdout) if told.returncode == 0 and told.stdout.strip() else 1_700_000_000


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- what is made from the parser


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands by their names."""
    (sub,) = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(sub.choices)


def flags(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The options of a command, without --help."""
    return [one for one in parser._actions if one.option_strings and one.dest != "help"]


def takes_device(parser: argparse.ArgumentParser) -> bool:
    """Whether its first word is a device."""
    return any(one.metavar == "PEER" and not one.option_strings for one in parser._actions)


def manual(parser: argparse.ArgumentParser) -> str:
    """The man page, in roff."""
    def plain(text: str) -> str:
        return text.replace("\\", "\\e").replace("-", "\\-").replace("\n.", "\n\\&.")

    lines = [
        f'.TH LANSHARE 1 "" "lanshare {lanshare.__version__}" "User Commands"', ".SH NAME",
        "lanshare \\- send files and messages to the devices on your own network", ".SH SYNOPSIS",
        ".B lanshare", "[\\fICOMMAND\\fR] [\\fIARGUMENT\\fR...]", ".SH DESCRIPTION", plain(parser.description or ""),
        "Nothing goes through anybody's server. Nothing that is there is overwritten.", ".SH COMMANDS",
    ]
    common = {option for one in flags(parser) for option in one.option_strings}
    for name, command in commands(parser).items():
        words = [one.metavar for one in command._actions if not one.option_strings and isinstance(one.metavar, str)]
        lines += [".TP", f"\\fB{name}\\fR {plain(' '.join(words))}", plain(command.description or "")]
        for one in flags(command):
            if not common.intersection(one.option_strings):
                lines += [".RS", ".TP", _spelled(one, plain), plain(one.help or ""), ".RE"]
    lines += [".SH OPTIONS OF EVERY COMMAND"]
    for one in flags(parser):
        lines += [".TP", _spelled(one, plain), plain(one.help or "")]
    lines += [
        ".SH EXIT STATUS",
        "0 done and verified; 1 failed, also in part; 2 usage; 3 device not found; 4 declined; 5 another key answered;"
        " 6 not finished when \\-\\-wait ran out, and kept; 130 interrupted.",
    ]
    return "\n".join(lines) + "\n"


def _spelled(action: argparse.Action, plain: Callable[[str], str]) -> str:
    value = f" {plain(str(action.metavar))}" if action.metavar and action.nargs != 0 else ""
    if action.choices:
        value = " " + plain("|".join(map(str, action.choices)))
    return ", ".join(f"\\fB{plain(option)}\\fR{value}" for option in action.option_strings)


_BASH_DEVICES: Final = r'''    # The first word that is no option, and no option's value, is the device.
    for ((at++; at < COMP_CWORD; at++)); do
        name=${COMP_WORDS[at]}
        if [[ $valued == *" $name "* ]]; then ((at++)); elif [[ $name != -* ]]; then devices=""; fi
    done
    if [[ -n $devices && at -eq COMP_CWORD ]]; then
        # What is typed may be quoted, or begin a quote: names are compared as they are.
        local single="'" double='"' back='\' mark
        if [[ $word == [$single$double]* ]]; then open=${word:0:1}; word=${word:1}; fi
        if [[ $open == "$single" ]]; then plain=$word; else IFS= read plain <<< "$word"; fi
        while IFS= read -r name; do
            [[ $name == "$plain"* ]] || continue
            case $open in
                "$single") name=${name//"$single"/"$single$back$single$single"} ;;
                "$double") for mark in "$back" "$double" '$' '`'; do name=${name//"$mark"/"$back$mark"}; done ;;
                *) name=$(printf %q "$name") ;;
            esac
            COMPREPLY+=("$name")
        done < <(lanshare names 2>/dev/null)
        return
    fi'''


def bash_completion(parser: argparse.ArgumentParser) -> str:
    """For bash: commands, options, choices and the names of known devices, also those with spaces in them."""
    cases = []
    for name, command in commands(parser).items():
        options = " ".join(option for one in flags(command) for option in one.option_strings)
        valued = " ".join(option for one in flags(command) if one.nargs != 0 for option in one.option_strings)
        devices = "1" if takes_device(command) else ""
        cases.append(f'        {name}) options="{options}"; valued=" {valued} "; devices={devices} ;;')
    choices = [
        f'        {"|".join(one.option_strings)})'
        f' COMPREPLY=($(compgen -W "{" ".join(map(str, one.choices))}" -- "$word")); return ;;'
        for command in commands(parser).values() for one in flags(command) if one.choices
    ]
    return "\n".join([
        "# bash completion for lanshare",
        "_lanshare() {",
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}",
        '    local command="" at options valued devices name plain open=""',
        "    COMPREPLY=()",
        "    for ((at = 1; at < COMP_CWORD; at++)); do",
        f'        case ${{COMP_WORDS[at]}} in {"|".join(commands(parser))}) command=${{COMP_WORDS[at]}}; break ;; esac',
        "    done",
        "    if [[ -z $command ]]; then",
        f'        COMPREPLY=($(compgen -W "{" ".join(commands(parser))}" -- "$word"))',
        "        return",
        "    fi",
        "    case $before in",
        *dict.fromkeys(choices),
        "    esac",
        "    case $command in",
        *cases,
        "    esac",
        '    if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word")); return; fi',
        _BASH_DEVICES,
        "    compopt -o filenames",
        '    while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$word")',
        "}",
        "complete -F _lanshare lanshare",
        "",
    ])


def zsh_completion(parser: argparse.ArgumentParser) -> str:
    """For zsh."""
    def quoted(text: str) -> str:
        return text.replace("'", "'\\''").replace("[", "(").replace("]", ")").replace(":", " -")

    lines = [
        "#compdef lanshare", "_lanshare_devices() {", "    local -a names",
        '    names=("${(@f)$(lanshare names 2>/dev/null)}")', "    compadd -a names", "}", "_lanshare() {",
        "    local -a commands", "    commands=(",
    ]
    lines += [f"        '{name}:{quoted(one.description or '')}'" for name, one in commands(parser).items()]
    lines += ["    )", "    if ((CURRENT == 2)); then _describe command commands; return; fi", "    case $words[2] in"]
    for name, command in commands(parser).items():
        options = [
            f"'{one.option_strings[-1]}[{quoted(one.help or '')}]{_zsh_value(one)}'" for one in flags(command)
        ]
        first = " '2:device:_lanshare_devices'" if takes_device(command) else ""
        lines.append(f"        {name}) _arguments {' '.join(options)}{first} '*:file:_files' ;;")
    return "\n".join([*lines, "    esac", "}", '_lanshare "$@"', ""])


def _zsh_value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices:
        return f":value:({' '.join(map(str, action.choices))})"
    return {"DIR": ":folder:_files -/", "FILE": ":file:_files"}.get(str(action.metavar), ":value:")


def fish_completion(parser: argparse.ArgumentParser) -> str:
    """For fish."""
    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace("'", "\\'")

    every = " ".join(commands(parser))
    lines = [f"set -l commands {every}"]
    for name, command in commands(parser).items():
        text = quoted(command.description or "")
        lines.append(f"complete -c lanshare -f -n \"not __fish_seen_subcommand_from $commands\" -a {name} -d '{text}'")
        here = f"-n '__fish_seen_subcommand_from {name}'"
        if takes_device(command):
            lines.append(f"complete -c lanshare {here} -a '(lanshare names 2>/dev/null)'")
        for one in flags(command):
            long = one.option_strings[-1].lstrip("-")
            choices = " ".join(map(str, one.choices or ()))
            value = "" if one.nargs == 0 else f" -x -a '{choices}'" if choices else " -r"
            lines.append(f"complete -c lanshare {here} -l {long}{value} -d '{quoted(one.help or '')}'")
    return "\n".join(lines) + "\n"


# --- what is inside


def bundled() -> str:
    """What a package carries beside lanshare: version, licence and hashes of each, by name."""
    hashes = dict(re.findall(r"(?m)^([A-Za-z0-9_.-]+)==[^ ]+ .*\\\n((?: +--hash=sha256:[0-9a-f]+(?: \\)?\n)+)",
                             (ROOT / "requirements.lock").read_text()))
    out = [f"lanshare {lanshare.__version__} carries these. Python {platform.python_version()}, PSF-2.0.", ""]
    for one in sorted(needed(), key=str.lower):
        found = metadata.distribution(one)
        told = found.metadata
        classifiers = [text.rsplit(" :: ", 1)[-1] for text in told.get_all("Classifier") or () if "License ::" in text]
        said = [*(told.get_all("License-Expression") or ()), "; ".join(classifiers), *(told.get_all("License") or ())]
        licence = next((text.split("\n")[0] for text in said if text), "")
        out.append(f"{one} {found.version}: {licence or 'see its home page'}")
        out += [f"    {line}" for line in re.findall(r"sha256:[0-9a-f]+", hashes.get(one.lower(), ""))]
    icons = (ROOT / "resources" / "icons" / "LICENSE").read_text()
    return "\n".join(out) + "\n\nThe icons are Lucide's:\n\n" + icons


WITH_PYTHON: Final = {
    "libcrypto": "OpenSSL, Apache-2.0", "libssl": "OpenSSL, Apache-2.0", "sqlite3": "SQLite, public domain",
    "libffi": "libffi, MIT", "vcruntime": "Microsoft's Visual C++ runtime, redistributable",
}
"""Beginnings of the names of libraries that come with Python for Windows; the rest there is Python's own, PSF-2.0."""


def carried_libraries(listing: str, tree: Path) -> str:
    """The libraries of a package that no distribution of bundled() brought: version, licence and hash of each.

    `listing`: lines of a name in `tree`/_internal, a tab, and where it was taken from. The licences of those that are a
    Debian package's are put into `tree`/_internal/licences.
    """
    out = ["", "Libraries that are carried beside those:", ""]
    for line in sorted(set(listing.splitlines())):
        name, source = line.split("\t")
        if re.search(r"[\\/](site-packages|site)[\\/]", source):
            continue
        path = tree / "_internal" / name.replace("\\", "/")
        if path.is_file():
            out += [f"{name}: {_origin(source, tree / '_internal' / 'licences')}", f"    sha256:{digest(path)}"]
    return "\n".join(out) + "\n"


def _origin(source: str, licences: Path) -> str:
    """Whose a library is, which version, and its licence: of a Debian package, in a file of this folder."""
    if "\\" in source:
        name = source.rsplit("\\", 1)[-1].lower()
        known = next((told for start, told in WITH_PYTHON.items() if name.startswith(start)), "PSF-2.0")
        return f"with Python for Windows; {known}"
    real = os.path.realpath(source)
    for asked in dict.fromkeys((source, real, real.removeprefix("/usr"), f"/usr{source}")):
        found = _asked("dpkg-query", "--search", asked)
        if found:
            owner = found.split(": ", 1)[0].split(", ", 1)[0]
            version = _asked("dpkg-query", "--show", "--showformat=${Version}", owner)
            name = owner.split(":")[0]
            papers = Path("/usr/share/doc") / name / "copyright"
            if not papers.is_file():
                return f"Debian's {name} {version}; its licence is told in that package"
            licences.mkdir(exist_ok=True)
            shutil.copyfile(papers, licences / f"{name}.txt")
            return f"Debian's {name} {version}; licences/{name}.txt"
    return f"with Python {platform.python_version()}; PSF-2.0"


def _asked(*words: str) -> str:
    """What a program says; empty where there is none, or it knows nothing."""
    if shutil.which(words[0]) is None:
        return ""
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()


def needed() -> Iterator[str]:
    """The distributions that lanshare needs at run time, each once."""
    text = (ROOT / "pyproject.toml").read_text()
    block = text[text.index("dependencies = [") : text.index("]", text.index("dependencies = ["))]
    names = re.findall(r'"([A-Za-z0-9_.-]+)', block)
    seen: set[str] = set()
    while names:
        name = names.pop()
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of another system
        key = found.metadata["Name"]
        if key.lower() in seen:
            continue
        seen.add(key.lower())
        yield key
        names += [
            match[0] for one in found.requires or () if "extra ==" not in one
            and (match := re.match(r"[A-Za-z0-9_.-]+", one))
        ]


def icon_sizes(folder: Path, sizes: tuple[int, ...]) -> list[Path]:
    """The icon as PNGs, drawn off screen."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    app = QGuiApplication.instance() or QGuiApplication([])
    drawn = QSvgRenderer(str(ROOT / "resources" / "icons" / "lanshare.svg"))
    made = []
    for size in sizes:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        drawn.render(painter)
        painter.end()
        made.append(folder / f"{size}.png")
        image.save(str(made[-1]), "PNG")  # type: ignore[call-overload]
    assert app is not None
    return made


def windows_icon(path: Path) -> None:
    """The icon as Windows wants it: PNGs in an .ico."""
    with tempfile.TemporaryDirectory() as name:
        pictures = [one.read_bytes() for one in icon_sizes(Path(name), (16, 24, 32, 48, 64, 128, 256))]
    sizes = (16, 24, 32, 48, 64, 128, 256)
    at = 6 + 16 * len(pictures)
    head = struct.pack("<HHH", 0, 1, len(pictures))
    for size, data in zip(sizes, pictures, strict=True):
        head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), at)
        at += len(data)
    path.write_bytes(head + b"".join(pictures))


def frozen() -> Path:
    """The folder with everything in it, for this system."""
    work = DIST / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "THIRD-PARTY.txt").write_text(bundled())
    subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--distpath", str(work),
         "--workpath", str(work / "build"), str(HERE / "lanshare.spec")],
        check=True, cwd=ROOT,
    )
    tell_libraries(work)
    for kept in ("LICENSE", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / kept, work / "lanshare" / kept)
    return work / "lanshare"


def tell_libraries(work: Path) -> None:
    """Write down in what was frozen which libraries it carries: they are known only then."""
    tree = work / "lanshare"
    told = bundled() + carried_libraries((work / "binaries.txt").read_text(encoding="utf-8"), tree)
    (tree / "_internal" / "THIRD-PARTY.txt").write_text(told, encoding="utf-8", newline="\n")


def shared_files(root: Path) -> None:
    """What a Linux desktop and its shells look for, below a prefix."""
    parser = build_parser()
    made: dict[str, str | bytes] = {
        f"share/applications/{ID}.desktop": (HERE / "linux" / f"{ID}.desktop").read_bytes(),
        f"share/metainfo/{ID}.metainfo.xml": (HERE / "linux" / f"{ID}.metainfo.xml").read_bytes(),
        f"share/icons/hicolor/scalable/apps/{ID}.svg": (ROOT / "resources" / "icons" / "lanshare.svg").read_bytes(),
        "share/man/man1/lanshare.1.gz": gzip.compress(manual(parser).encode(), 9, mtime=0),
        "share/bash-completion/completions/lanshare": bash_completion(parser),
        "share/zsh/vendor-completions/_lanshare": zsh_completion(parser),
        "share/fish/vendor_completions.d/lanshare.fish": fish_completion(parser),
    }
    for name, content in made.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


# --- the packages


def wheel() -> Iterator[Path]:
    """A wheel and an sdist, for pip and uv."""
    before = set(DIST.glob("*"))
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(DIST)], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL)
    name = f"lanshare_desktop-{lanshare.__version__}"
    yield from (one for one in sorted(DIST.glob(f"{name}*")) if one.suffix in (".whl", ".gz") or one not in before)


def tar() -> Iterator[Path]:
    """A folder for any Linux, unpacked anywhere: ./lanshare runs it, ./lanshare integrate puts it into the menus."""
    tree = frozen()
    shared_files(tree)
    path = DIST / f"lanshare-{lanshare.__version__}-linux-{platform.machine()}.tar.gz"
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed, tarfile.open(
        fileobj=packed, mode="w", format=tarfile.PAX_FORMAT
    ) as archive:
        for one in sorted(tree.rglob("*")):
            archive.add(one, f"lanshare-{lanshare.__version__}/{one.relative_to(tree)}", False, filter=_plain)
    yield path


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = epoch()
    info.mode = 0o755 if info.isdir() or _runs(Path(info.name).name, info.mode) else 0o644
    return info


def _runs(name: str, mode: int) -> bool:
    """Whether a file is a program: libraries are loaded, whatever their builder made of them."""
    return bool(mode & 0o100) and ".so" not in name


def deb() -> Iterator[Path]:
    """For Debian and Ubuntu: everything in /opt/lanshare, the rest where it is looked for."""
    tree = frozen()
    root = DIST / "work" / "deb"
    (root / "opt").mkdir(parents=True)
    tree.rename(root / "opt" / "lanshare")
    shared_files(root / "usr")
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / "lanshare").symlink_to("/opt/lanshare/lanshare")
    unit = root / "usr" / "lib" / "systemd" / "user" / "lanshare.service"
    unit.parent.mkdir(parents=True)
    unit.write_text((HERE / "linux" / "lanshare.service").read_text().replace("=lanshare ", "=/usr/bin/lanshare "))
    papers = root / "usr" / "share" / "doc" / "lanshare"
    papers.mkdir(parents=True)
    (papers / "copyright").write_text(_copyright())
    made = datetime.datetime.fromtimestamp(epoch(), datetime.UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    changes = (
        f"lanshare ({lanshare.__version__}) unstable; urgency=medium\n\n  * See /opt/lanshare/CHANGELOG.md\n\n"
        f" -- The lanshare authors <lanshare@lanshare.invalid>  {made}\n"
    )
    (papers / "changelog.gz").write_bytes(gzip.compress(changes.encode(), 9, mtime=0))
    overrides = root / "usr" / "share" / "lintian" / "overrides" / "lanshare"
    overrides.parent.mkdir(parents=True)
    shutil.copy(HERE / "deb" / "lintian-overrides", overrides)
    size = sum(one.lstat().st_size for one in root.rglob("*") if one.is_file()) // 1024
    control = (HERE / "deb" / "control").read_text()
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    for key, value in (("VERSION", lanshare.__version__), ("ARCHITECTURE", architecture), ("SIZE", str(size))):
        control = control.replace(f"@{key}@", value)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(control)
    for one in sorted(root.rglob("*"), reverse=True):
        if not one.is_symlink():
            one.chmod(0o755 if one.is_dir() or _runs(one.name, one.stat().st_mode) else 0o644)
            os.utime(one, (epoch(), epoch()))
    path = DIST / f"lanshare_{lanshare.__version__}_{architecture}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(path)], check=True,
                   stdout=subprocess.DEVNULL)
    yield path


def _copyright() -> str:
    licence = "\n".join(f" {line}" if line.strip() else " ." for line in (ROOT / "LICENSE").read_text().splitlines())
    carried = "\n".join(f" {line}" if line.strip() else " ." for line in bundled().splitlines())
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: lanshare\n\n"
        "Files: *\nCopyright: the lanshare authors\nLicense: MIT\n" + licence + "\n\n"
        "Files: opt/lanshare/_internal/*\nCopyright: the authors named below\nLicense: various\n" + carried + "\n"
    )


def windows() -> Iterator[Path]:
    """The installer for Windows, built by a Windows Python (under Wine, where this is not Windows)."""
    from tools import windows as wine

    folder = ROOT / ".windows"
    work = DIST / "windows"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    windows_icon(work / "lanshare.ico")
    (work / "THIRD-PARTY.txt").write_text(bundled())
    wine.freeze(folder, HERE / "lanshare.spec", work)
    if wrong := wine.stand_ins(work / "lanshare"):
        raise SystemExit(f"These stand in for libraries of Windows and may not be in a package: {wrong}")
    tell_libraries(work)
    for kept in ("LICENSE", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / kept, work / "lanshare" / "_internal" / kept)  # where nobody else has such names
    path = DIST / f"lanshare-{lanshare.__version__}-setup.exe"
    subprocess.run(
        ["makensis", "-V2", f"-DVERSION={lanshare.__version__}", f"-DSOURCE={work / 'lanshare'}", f"-DOUTPUT={path}",
         str(HERE / "windows" / "lanshare.nsi")],
        check=True,
    )
    yield path


def flatpak() -> Iterator[Path]:
    """The manifest with what requirements.lock pins. It is not built here: the runtimes are out of reach."""
    import json

    modules = []
    for name, version in re.findall(r"(?m)^([A-Za-z0-9_.-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text()):
        if name.lower() in {one.lower() for one in needed()}:
            modules.append({
                "name": f"python3-{name}", "buildsystem": "simple",
                "build-commands": [
                    f'pip3 install --no-index --no-deps --find-links="file://${{PWD}}" --prefix=/app {name}=={version}'
                ],
                "sources": [],
            })
    folder = DIST / "flatpak"
    folder.mkdir(exist_ok=True)
    shutil.copy(HERE / "flatpak" / f"{ID}.yml", folder)
    path = folder / "python3-dependencies.json"
    path.write_text(json.dumps({"name": "python3-dependencies", "buildsystem": "simple", "build-commands": [],
                                "modules": modules}, indent=2) + "\n")
    yield path


def macos() -> Iterator[Path]:
    """The .app, only on a Mac: nothing else can build it."""
    if platform.system() != "Darwin":
        print("A Mac builds the .app: see packaging/macos/README.md. Nothing was built.")
        return
    work = frozen().parent
    path = DIST / f"lanshare-{lanshare.__version__}-macos.zip"
    subprocess.run(["ditto", "-c", "-k", "--keepParent", str(work / "lanshare.app"), str(path)], check=True)
    yield path


KINDS: Final[dict[str, Callable[[], Iterator[Path]]]] = {
    "wheel": wheel, "tar": tar, "deb": deb, "windows": windows, "flatpak": flatpak, "macos": macos,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
