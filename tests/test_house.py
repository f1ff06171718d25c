"""The house's rules: floors, sole importers, an engine that runs without Qt."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1] / "lanshare"
FLOORS = {
    "domain": 1,
    "wire": 2,
    "trust": 2,
    "files": 2,
    "store": 2,
    "net": 3,
    "exchange": 4,
    "engine": 5,
    "qt": 6,
    "cli": 6,
    "__main__": 7,
}
SHELLS = {"qt", "cli"}
SOLE = {
    "PySide6": ("qt/",),
    "shiboken6": ("qt/",),
    "zeroconf": ("net/mdns.py", "net/mdns_threads.py"),
    "ifaddr": ("net/nearness.py",),
    "platformdirs": ("store/profile_paths.py",),
    "ssl": ("net/tls.py", "net/link.py", "net/listener.py"),
    "socket": ("net/",),
    "sqlite3": ("store/", "engine/", "cli/main.py"),
    "cryptography": ("trust/",),
    "blake3": ("files/content.py",),
    "multiprocessing": ("net/local.py",),
    "zxingcpp": ("qt/qr.py",),
    "jeepney": ("qt/desktop/notifications.py",),
}


def modules() -> list[Path]:
    """Every source file."""
    return sorted(HOUSE.rglob("*.py"))


def room(path: Path) -> str:
    """The room a file is in."""
    first = path.relative_to(HOUSE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, wherever in it."""
    for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(item, ast.Import):
            yield from (one.name for one in item.names)
        elif isinstance(item, ast.ImportFrom):
            assert item.level == 0, f"{path}: relative import"
            assert item.module is not None
            yield item.module
            yield from (f"{item.module}.{one.name}" for one in item.names)


def test_imports_run_only_downward_and_never_between_rooms_of_one_floor() -> None:
    wrong = []
    for path in modules():
        here = room(path)
        if here == "__init__":
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] != "lanshare" or len(parts) < 2 or parts[1] not in FLOORS or parts[1] == here:
                continue
            if FLOORS[parts[1]] >= FLOORS[here]:
                wrong.append(f"{path.relative_to(HOUSE)} imports {name}")
            if here in SHELLS and parts[1] not in ("engine", "domain"):
                wrong.append(f"{path.relative_to(HOUSE)} imports {name}")
    assert not wrong, wrong


def test_every_room_has_a_floor() -> None:
    assert {room(path) for path in modules()} - {"__init__"} == set(FLOORS)


ENGINE_FLOORS = {
    "presentation": 1, "integration": 1, "peers": 3, "transfers": 3, "messages": 3, "runtime": 4,
    "core": 5, "shells": 5, "profile_settings": 5, "ipc": 6, "assemble": 7, "client": 8,
}
"""The engine's rooms and files; what is not named stands below all rooms but the first one."""


def test_the_engines_rooms_know_only_what_stands_below_them() -> None:
    def floor(words: list[str]) -> int:
        return ENGINE_FLOORS.get(words[0], 2)

    wrong = []
    for path in modules():
        here = list(path.relative_to(HOUSE).with_suffix("").parts)
        if here[0] != "engine" or here[1] == "__init__":
            continue
        for name in imports(path):
            words = name.split(".")
            if words[:2] != ["lanshare", "engine"] or len(words) < 3 or words[2] == here[1]:
                continue
            below = floor(words[2:]) < floor(here[1:])
            equal = floor(words[2:]) == floor(here[1:]) and here[1] not in ("peers", "transfers", "messages")
            if not below and not equal:
                wrong.append(f"{path.relative_to(HOUSE)} imports {name}")
    assert not wrong, wrong


def test_no_folder_has_more_than_fifteen_files() -> None:
    folders = {path.parent for path in modules()}
    full = {folder.name: count for folder in folders if (count := len(list(folder.glob("[!_]*.py")))) > 15}
    assert full == {}


LONGEST = 400
"""Lines of a file: what is longer is taken apart by what it decides."""


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lines = {str(path.relative_to(HOUSE)): path.read_text(encoding="utf-8").count("\n") for path in modules()}
    long = {name: count for name, count in lines.items() if count > LONGEST}
    assert long == {}


MOST = {ast.FunctionDef: 60, ast.ClassDef: 300}
"""Lines of a function and of a class."""

BRANCHES = 15
"""Of one function. A match that mypy finds whole is a table, and counts as one."""

BRANCHING = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp)


def test_no_function_and_no_class_is_too_long_or_too_branched_to_be_read_at_once() -> None:
    long = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            branches = sum(isinstance(one, BRANCHING) for one in ast.walk(node))
            if lines > MOST[type(node)] or (branches > BRANCHES and isinstance(node, ast.FunctionDef)):
                long.append(f"{path.relative_to(HOUSE)} {node.name}: {lines} lines, {branches} branches")
    assert long == []


def test_each_outside_library_has_its_one_place() -> None:
    wrong = []
    for path in modules():
        name = str(path.relative_to(HOUSE))
        for imported in imports(path):
            allowed = SOLE.get(imported.split(".")[0])
            if allowed is not None and not name.startswith(allowed):
                wrong.append(f"{name} imports {imported}")
    assert not wrong, wrong


def test_there_is_no_circle() -> None:
    graph = {
        "lanshare." + ".".join(path.relative_to(HOUSE).with_suffix("").parts): {
            name for name in imports(path) if name.startswith("lanshare.")
        }
        for path in modules()
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail, module])
        if module in done:
            return
        for other in graph.get(module, ()):
            if other in graph:
                visit(other, (*trail, module))
        done.add(module)

    for module in graph:
        visit(module, ())


def test_the_engine_and_the_command_line_run_with_qt_absent() -> None:
    code = (
        "import sys\n"
        "sys.modules['PySide6'] = None\n"
        "import lanshare.engine.client, lanshare.cli.main\n"
        "assert not [one for one in sys.modules if one.startswith('PySide6.')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HOUSE.parent)


def test_no_room_is_a_lumber_room() -> None:
    bad = {"utils", "util", "misc", "common", "helpers", "helper", "manager", "base"}
    assert not [path for path in modules() if path.stem in bad or path.parent.name in bad]


def test_reference_counts_of_none_stay(tmp_path: Path) -> None:
    """PySide6 6.12.0 on Python 3.10 and 3.11 loses a reference to None at every call that returns nothing."""
    code = (
        "import sys\n"
        "from PySide6.QtCore import QObject\n"
        "o = QObject()\n"
        "before = sys.getrefcount(None)\n"
        "for _ in range(1000): o.setObjectName('x')\n"
        "sys.exit(0 if sys.getrefcount(None) > before - 100 else 1)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_label_says_how_it_reads_its_text() -> None:
    """QLabels are made in labels.py alone: Qt would guess markup else."""
    allowed = {"widgets/labels.py"}
    for path in (HOUSE / "qt").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(HOUSE / "qt"))
        if "QLabel(" in text.replace("class ElidedLabel(QLabel)", ""):
            assert name in allowed, f"{name} makes a QLabel of its own"


def _does_something(path: Path) -> bool:
    """Whether a module has a function with a body of its own: declarations alone need no test."""
    for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(item, ast.FunctionDef):
            body = [one for one in item.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
            if body:
                return True
    return False


def test_the_tests_mirror_the_source() -> None:
    """Every module that does something has a test of its name; Qt's inner rooms have one for each room."""
    tests = Path(__file__).resolve().parent
    missing = []
    for path in modules():
        parts = path.relative_to(HOUSE).with_suffix("").parts
        if len(parts) < 2 or parts[-1] == "__init__" or not _does_something(path):
            continue
        wanted = tests / parts[0] / f"test_{parts[1]}.py"
        if parts[0] in ("engine", "exchange", "files"):
            wanted = tests.joinpath(*parts[:-1], f"test_{parts[-1]}.py")
        if not wanted.exists():
            missing.append(str(wanted.relative_to(tests)))
    assert not missing, sorted(set(missing))


def test_no_test_imports_a_test() -> None:
    """What several tests use stands in the harness, or beside them in a module that is no test."""
    tests = Path(__file__).resolve().parent
    wrong = []
    paths = [path for folder in ("tests", "bench", "tools") for path in (tests.parent / folder).rglob("*.py")]
    for path in paths:
        if path.is_relative_to(tests / "second"):
            continue  # it stands on its own, and knows nothing of the house
        found = [name for name in imports(path) if name.startswith("tests.") and ".test_" in name]
        wrong += [f"{path.relative_to(tests.parent)} imports {name}" for name in found]
        if path.parent.name == "harness":
            outside = [name for name in imports(path) if name.startswith("tests.") and name.split(".")[1] != "harness"]
            wrong += [f"{path.relative_to(tests.parent)} imports {name}" for name in outside]
    assert not wrong, wrong


def test_what_a_window_waits_for_loads_neither_zeroconf_nor_asyncio() -> None:
    """They take 20 ms to load, and only the discovery thread needs them."""
    code = "import sys, lanshare.engine.assemble, lanshare.engine.ipc.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=HOUSE.parent, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "lanshare.net.discovery" in loaded
    assert {"zeroconf", "asyncio"}.isdisjoint(loaded)
