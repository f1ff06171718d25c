"""No name of the standard library is used that a platform lacks, but in a function that asks for it, or for the system.

Which names those are is read from the stubs of mypy: they say for every name on which systems it exists. The code is
run on Linux alone; this and mypy for the other systems are what stands guard for them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import mypy
import pytest

HOUSE = Path(__file__).resolve().parents[1] / "lanshare"
STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"
MODULES = ("os", "socket", "select", "signal")
OTHERS = ("win32", "darwin")

def holds(test: ast.expr, platform: str) -> bool | None:
    """Whether a stub's condition holds on a platform; None if it is about something else."""
    if isinstance(test, ast.BoolOp):
        parts = [holds(one, platform) for one in test.values]
        decisive = isinstance(test.op, ast.Or)
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if not isinstance(test, ast.Compare):
        return None
    left, right = ast.unparse(test.left), ast.literal_eval(test.comparators[0])
    if left == "sys.platform":
        return bool((platform == right) is isinstance(test.ops[0], ast.Eq))
    if left == "sys.version_info":
        return (sys.version_info >= right) is isinstance(test.ops[0], ast.GtE)
    return None


def names_on(body: list[ast.stmt], platform: str) -> Iterator[str]:
    """What a stub defines for a platform."""
    for one in body:
        match one:
            case ast.If():
                if holds(one.test, platform) is not False:
                    yield from names_on(one.body, platform)
                if holds(one.test, platform) is not True:
                    yield from names_on(one.orelse, platform)
            case ast.FunctionDef() | ast.ClassDef():
                yield one.name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign():
                yield from (target.id for target in one.targets if isinstance(target, ast.Name))
            case ast.ImportFrom():
                yield from (alias.asname or alias.name for alias in one.names)


def lacking(module: str, platform: str) -> frozenset[str]:
    """Names that Linux has and this platform has not."""
    folder = STUBS / module
    path = folder / "__init__.pyi" if folder.is_dir() else STUBS / f"{module}.pyi"
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return frozenset(names_on(body, "linux")) - frozenset(names_on(body, platform))


def used(path: Path) -> Iterator[tuple[str, str]]:
    """Each name of these modules that a file uses, and the text of the function that it stands in."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    for one in ast.walk(tree):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id in MODULES:
            around = [f for f in functions if f.lineno <= one.lineno <= (f.end_lineno or 0)]
            inner = max(around, key=lambda f: f.lineno, default=None)
            where = ast.get_source_segment(text, inner) if inner is not None else text.split("\n")[one.lineno - 1]
            yield f"{one.value.id}.{one.attr}", where or ""


@pytest.mark.parametrize("platform", OTHERS)
def test_no_name_is_used_that_a_platform_lacks_but_where_it_is_asked_for(platform: str) -> None:
    missing = {f"{module}.{name}" for module in MODULES for name in lacking(module, platform)}
    wrong = []
    for path in sorted(HOUSE.rglob("*.py")):
        file = path.relative_to(HOUSE).as_posix()
        for name, function in used(path):
            module, _, bare = name.partition(".")
            asked = f'hasattr({module}, "{bare}")' in function or "sys.platform" in function
            if name in missing and not asked:
                wrong.append(f"{file}: {name}")
    assert wrong == []


def test_the_stubs_are_read_as_they_are_meant() -> None:
    assert {"pread", "readv", "fork", "geteuid", "O_NONBLOCK", "statvfs"} <= lacking("os", "win32")
    assert {"eventfd", "listxattr", "memfd_create"} <= lacking("os", "darwin")
    assert {"open", "ftruncate", "fsync", "stat", "replace", "read"}.isdisjoint(lacking("os", "win32"))
    assert "poll" in lacking("select", "win32")
    assert "select" not in lacking("select", "win32")
    assert "SO_PEERCRED" in lacking("socket", "darwin")
    assert "SIGHUP" in lacking("signal", "win32")


TEXT_WILL_DO = {
    "cli/streams.py": "the null device",
    "net/mdns.py": "the null device",
    "files/landlock.py": "a folder, on Linux",
    "store/lock.py": "nothing is written",
    "store/profile_paths.py": "nothing is written",
}
"""Where a descriptor may be opened without O_BINARY."""


def flags_of(call: ast.Call, tree: ast.Module) -> str:
    """The words of the flags, with what the names in them stand for in the same file."""
    words = ast.unparse(call.args[1])
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and value is not None and target.id in words.replace(".", " ").split():
            words += " " + ast.unparse(value)
    return words


def test_no_descriptor_changes_line_ends_on_windows() -> None:
    """One that is opened without O_BINARY does so there: digests with a 0x0A in them grew."""
    wrong = []
    for path in sorted(HOUSE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        name = str(path.relative_to(HOUSE))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "os.open") or name in TEXT_WILL_DO:
                continue
            words = flags_of(node, tree)
            posix = any(one.arg == "dir_fd" for one in node.keywords) or "O_DIRECTORY" in words
            opener = words == "flags"  # the built-in open() sets the mode by itself
            if not posix and not opener and "BINARY" not in words and "FLAGS" not in words:
                wrong.append(f"{name}:{node.lineno} {words}")
    assert not wrong, wrong
