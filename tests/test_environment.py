"""The environment is made with what the machine has, and nothing of value is removed for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import environment


class Machine:
    """A machine on which only some commands work."""

    def __init__(self, folder: Path, *works: str) -> None:
        self.folder = folder
        self.works = works
        self.tried: list[str] = []

    def runs(self, command: list[str]) -> bool:
        """Pretend to run a command; one that makes an environment leaves what shows that it is one."""
        line = " ".join(command).replace(sys.executable, "python").replace(str(self.folder), "ENV")
        self.tried.append(line)
        if line not in self.works:
            return False
        if line.endswith("ENV"):
            (self.folder / "bin").mkdir(parents=True)
            (self.folder / "bin" / "python").touch()
            (self.folder / "pyvenv.cfg").touch()
        return True


@pytest.mark.parametrize(
    ("works", "pip"),
    [
        (("python -m venv ENV", "ENV/bin/python -m pip --version"), "ENV/bin/python -m pip"),
        (("python -m virtualenv --quiet ENV", "ENV/bin/python -m pip --version"), "ENV/bin/python -m pip"),
        (("virtualenv --quiet --python python ENV", "ENV/bin/python -m pip --version"), "ENV/bin/python -m pip"),
        (
            ("python -m venv --without-pip ENV", "python -m pip --python ENV/bin/python --version"),
            "python -m pip --python ENV/bin/python",
        ),
    ],
)
def test_each_way_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: tuple[str, ...], pip: str) -> None:
    folder = tmp_path / "env"
    monkeypatch.setattr(environment, "runs", Machine(folder, *works).runs)

    found = next(environment.working(folder))

    assert " ".join(found).replace(sys.executable, "python").replace(str(folder), "ENV") == pip


def test_an_environment_that_works_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "env"
    machine = Machine(folder, "python -m venv ENV", "ENV/bin/python -m pip --version")
    monkeypatch.setattr(environment, "runs", machine.runs)
    next(environment.working(folder))
    (folder / "kept").touch()
    machine.tried.clear()

    next(environment.working(folder))

    assert machine.tried == ["ENV/bin/python -m pip --version"]
    assert (folder / "kept").exists()


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    with pytest.raises(SystemExit, match="move it away"):
        list(environment.working(tmp_path))

    assert (tmp_path / "thesis.txt").exists()


def test_where_nothing_works_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "runs", lambda _: False)

    status = environment.main([str(tmp_path / "env")])

    assert status == 1
    assert "apt-get install python3-venv" in capsys.readouterr().out


def test_an_old_python_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "OLDEST", (99, 0))

    status = environment.main([str(tmp_path / "env")])

    assert status == 1
    assert "needs Python 99.0 or newer" in capsys.readouterr().out


@pytest.mark.parametrize(("status", "compiled"), [(0, True), (3, False)])
def test_what_was_installed_in_place_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, compiled: bool
) -> None:
    called: list[list[str]] = []

    def call(line: list[str]) -> int:
        called.append(line)
        return status if line[0] == "pip" else 0

    monkeypatch.setattr(environment, "working", lambda _: iter([["pip"]]))
    monkeypatch.setattr("subprocess.call", call)

    assert environment.main([str(tmp_path)]) == status

    assert [line[1:3] == ["-m", "compileall"] for line in called] == [False, *[True] * compiled]
