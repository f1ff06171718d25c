"""What is made for packages: completions that complete, a man page that names all there is, an icon, the papers."""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import shutil
import struct
import subprocess
import tomllib
import xml.etree.ElementTree
from pathlib import Path

import pytest

import lanshare
from lanshare.cli.arguments import build_parser
from tools import package

ROOT = Path(__file__).resolve().parents[2]
PARSER = build_parser()


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """With a lanshare that knows three devices."""
    place = tmp_path / "bin"
    place.mkdir()
    program = place / "lanshare"
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"Anna's laptop\" 'Bob' 'a$b\"c'\n")
    program.chmod(0o755)
    return place


def completed(bin_folder: Path, *words: str) -> list[str]:
    """What bash would offer for the last of these words."""
    script = bin_folder / "completion"
    script.write_text(package.bash_completion(PARSER))
    told = subprocess.run(
        ["bash", "-c", 'compopt() { :; }; source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lanshare;'
         ' printf "%s\\0" "${COMPREPLY[@]}"', str(script), *words],
        capture_output=True, text=True, cwd=bin_folder, check=True,
        env={"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
    )
    assert told.stderr == ""
    return [word for word in told.stdout.split("\0") if word]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_choices_devices_and_files(bin_folder: Path) -> None:
    assert set(completed(bin_folder, "lanshare", "")) == set(package.commands(PARSER))
    assert completed(bin_folder, "lanshare", "se") == ["send"]
    assert completed(bin_folder, "lanshare", "receive", "--acc") == ["--accept"]
    assert completed(bin_folder, "lanshare", "receive", "--accept", "v") == ["verified"]
    assert completed(bin_folder, "lanshare", "send", "A") == ["Anna\\'s\\ laptop"]
    assert completed(bin_folder, "lanshare", "text", "a") == ['a\\$b\\"c']
    assert completed(bin_folder, "lanshare", "send", "Bob", "compl") == ["completion"]
    assert completed(bin_folder, "lanshare", "send", "-") != []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(("typed", "offered"), [
    ('"Ann', "Anna's laptop"), ('"Anna\'s l', "Anna's laptop"), ("'Ann", "Anna'\\''s laptop"),
    ("Anna\\'s\\ l", "Anna\\'s\\ laptop"), ('"a', 'a\\$b\\"c'), ("'a", 'a$b"c'), ("a\\$", 'a\\$b\\"c'), ("'zzz", ""),
])
def test_bash_completes_a_device_however_its_beginning_is_quoted(bin_folder: Path, typed: str, offered: str) -> None:
    assert completed(bin_folder, "lanshare", "send", typed) == ([offered] if offered else [])


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_knows_the_device_behind_options_and_their_values(bin_folder: Path) -> None:
    assert completed(bin_folder, "lanshare", "send", "--json", "A") == ["Anna\\'s\\ laptop"]
    assert completed(bin_folder, "lanshare", "send", "--name", "Me", "A") == ["Anna\\'s\\ laptop"]
    assert completed(bin_folder, "lanshare", "send", "--name", "Me", "Bob", "compl") == ["completion"]
    assert completed(bin_folder, "lanshare", "--json", "send", "A") == ["Anna\\'s\\ laptop"]


@pytest.mark.parametrize(("shell", "made"), [
    ("zsh", package.zsh_completion), ("fish", package.fish_completion), ("bash", package.bash_completion),
])
def test_a_shell_reads_its_completion_without_a_complaint(shell: str, made: object, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    script = tmp_path / "script"
    script.write_text(made(PARSER))  # type: ignore[operator]
    told = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")


def test_the_man_page_names_every_command_and_option() -> None:
    page = package.manual(PARSER).replace("\\-", "-")
    for name, command in package.commands(PARSER).items():
        assert f"\\fB{name}\\fR" in page
        for action in package.flags(command):
            assert all(f"\\fB{option}\\fR" in page for option in action.option_strings)


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_the_man_page_is_sound_roff(tmp_path: Path) -> None:
    path = tmp_path / "lanshare.1"
    path.write_text(package.manual(PARSER))
    told = subprocess.run(["groff", "-man", "-Tutf8", "-ww", str(path)], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")


def test_an_option_that_is_new_is_in_all_of_them() -> None:
    parser = build_parser()
    package.commands(parser)["send"].add_argument("--quite-new", choices=("left", "right"), help="turns")
    for made in (package.manual, package.bash_completion, package.zsh_completion, package.fish_completion):
        text = made(parser).replace("\\-", "-")
        assert "quite-new" in text
        assert "left" in text
    assert isinstance(parser, argparse.ArgumentParser)


def test_the_icon_of_windows_holds_every_size_as_a_png(tmp_path: Path) -> None:
    path = tmp_path / "x.ico"
    subprocess.run(
        [os.environ.get("PYTHON", "") or __import__("sys").executable, "-c",
         f"from tools.package import windows_icon; from pathlib import Path; windows_icon(Path({str(path)!r}))"],
        check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
    )
    data = path.read_bytes()
    _, kind, count = struct.unpack_from("<HHH", data)
    assert (kind, count) == (1, 7)
    for number in range(count):
        width, _, _, _, _, bits, length, at = struct.unpack_from("<BBBBHHII", data, 6 + 16 * number)
        picture = data[at : at + length]
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">I", picture[16:20])[0] == (width or 256)
        assert bits == 32


def test_the_papers_of_a_package_say_one_version_and_one_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == lanshare.__version__
    assert project["name"] == "lanshare-desktop", "the plain name is another project's"
    assert set(project["scripts"]) | set(project["gui-scripts"]) == {"lanshare", "lanshare-window"}
    told = xml.etree.ElementTree.parse(ROOT / "packaging" / "linux" / f"{package.ID}.metainfo.xml").getroot()
    assert told.findtext("id") == package.ID
    (release, *_) = told.iter("release")
    assert release.get("version") == lanshare.__version__
    desktop = (ROOT / "packaging" / "linux" / f"{package.ID}.desktop").read_text()
    assert f"StartupWMClass={package.ID}" in desktop


def test_what_is_carried_is_named_with_its_version_licence_and_hash() -> None:
    text = package.bundled()
    for name in ("zeroconf", "cryptography", "blake3", "msgspec", "PySide6_Essentials"):
        (line,) = [one for one in text.splitlines() if one.lower().startswith(name.lower().replace("_", "_") + " ")]
        assert ": " in line
        assert not line.endswith("see its home page")
    assert text.count("sha256:") > 10
    assert "ISC" in text
    assert "pytest" not in text.lower()


@pytest.mark.skipif(not Path("/usr/share/doc/bash/copyright").is_file(), reason="the papers of a Debian package")
def test_libraries_that_no_distribution_brought_are_told_by_whose_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "_internal"
    (inside / "sub").mkdir(parents=True)
    for name in ("libbash.so", "wheel.so", "vcruntime140.dll", "_own.so", "sub/libssl-3.dll"):
        (inside / name).write_bytes(name.encode())
    monkeypatch.setattr(package, "_asked", lambda *words: {
        "--search": "bash: /bin/bash" if words[-1] == "/bin/bash" else "", "--show": "5.2-1",
    }[words[1]])
    listing = (
        "libbash.so\t/bin/bash\nwheel.so\t/x/site-packages/wheel.so\nvcruntime140.dll\tZ:\\python\\vcruntime140.dll\n"
        "_own.so\t/x/lib-dynload/_own.so\nsub\\libssl-3.dll\tZ:\\python\\libssl-3.dll\ngone.so\t/bin/bash\n"
    )
    text = package.carried_libraries(listing, tmp_path)
    told = dict(one.split(": ", 1) for one in text.splitlines() if ": " in one)
    assert set(told) == {"libbash.so", "vcruntime140.dll", "_own.so", "sub\\libssl-3.dll"}
    assert told["libbash.so"] == "Debian's bash 5.2-1; licences/bash.txt"
    assert (inside / "licences" / "bash.txt").stat().st_size > 100
    assert "Visual C++" in told["vcruntime140.dll"]
    assert "OpenSSL" in told["sub\\libssl-3.dll"]
    assert "PSF-2.0" in told["_own.so"]
    assert f"sha256:{hashlib.sha256(b'libbash.so').hexdigest()}" in text


@pytest.mark.parametrize(("name", "mode", "runs"), [
    ("lanshare", 0o755, True), ("libssl.so.3", 0o755, False), ("_ssl.cpython-311.so", 0o755, False),
    ("README.md", 0o644, False),
])
def test_only_programs_may_be_run(name: str, mode: int, runs: bool) -> None:
    assert package._runs(name, mode) is runs


def test_whatever_a_module_reads_beside_itself_is_in_the_frozen_folder() -> None:
    spec = ast.parse((ROOT / "packaging" / "lanshare.spec").read_text())
    (value,) = [
        node.value for node in spec.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "TABLES"
    ]
    tables = eval(compile(ast.Expression(value), "spec", "eval"), {"ROOT": ROOT})
    carried = {Path(source).relative_to(ROOT) for source, _ in tables}
    assert all(str(Path(source).parent.relative_to(ROOT)) == place for source, place in tables)
    beside = {
        path.relative_to(ROOT) for path in (ROOT / "lanshare").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".py", ".md")
    }
    assert carried == beside != set()
