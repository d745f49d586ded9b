"""Where things lie, for every setting of the environment that the specification names."""

import os
from pathlib import Path

import pytest

from darwinflow.recorder.paths import (
    absolute,
    bound_socket,
    home_of,
    is_private,
    lock_text,
    nearest_settings,
    poke_path,
    workspace_of,
)


def test_darwinflow_home_holds_all_of_it(tmp_path: Path) -> None:
    home = home_of({"DARWINFLOW_HOME": str(tmp_path), "XDG_DATA_HOME": "/elsewhere", "HOME": "/nowhere"})
    assert {home.data, home.config} == {str(tmp_path)}
    assert home.spool == str(tmp_path / "spool")
    assert home.tenant_db("ab12cd34") == str(tmp_path / "tenant-ab12cd34.db")


def test_without_it_the_xdg_folders_hold_data_and_configuration(tmp_path: Path) -> None:
    home = home_of({"XDG_DATA_HOME": f"{tmp_path}/d", "XDG_CONFIG_HOME": f"{tmp_path}/c", "HOME": "/nowhere"})
    assert (home.data, home.config) == (f"{tmp_path}/d/darwinflow", f"{tmp_path}/c/darwinflow")


@pytest.mark.parametrize("relative", ["", "data", "./data"])
def test_an_xdg_variable_that_is_no_absolute_path_is_ignored(tmp_path: Path, relative: str) -> None:
    home = home_of({"XDG_DATA_HOME": relative, "HOME": str(tmp_path)})
    assert home.data == f"{tmp_path}/.local/share/darwinflow"
    assert home.config == f"{tmp_path}/.config/darwinflow"


def test_the_socket_lies_in_the_runtime_directory_unless_that_is_too_long() -> None:
    def directory(runtime: str) -> str:
        return home_of({"DARWINFLOW_HOME": "/h", "XDG_RUNTIME_DIR": runtime}).socket_directory

    fallback = f"/tmp/darwinflow-{os.getuid()}"
    longest = "/" + "r" * (84 - len("/darwinflow"))
    assert directory("/run/user/7") == "/run/user/7/darwinflow"
    assert directory(longest) == f"{longest}/darwinflow"
    assert directory(longest + "r") == fallback
    assert directory("/" + "ä" * 40) == fallback  # bytes count, not letters
    assert directory("") == directory("relative") == fallback


def test_the_longest_socket_path_still_fits() -> None:
    runtime = "/" + "r" * (84 - len("/darwinflow"))
    home = home_of({"DARWINFLOW_HOME": "/h", "XDG_RUNTIME_DIR": runtime})
    draft = f"{poke_path(home.socket_path)}.{2**22}"  # a process id at its longest
    assert len(os.fsencode(draft)) <= 107


def test_two_homes_have_two_sockets_and_two_spellings_of_one_home_have_one(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    paths = [
        home_of({"DARWINFLOW_HOME": f"{tmp_path}/{name}"}).socket_path
        for name in ("home", "link", "home/", "other")
    ]
    assert paths[0] == paths[1] == paths[2] != paths[3]


def test_clients_read_the_bound_socket_from_the_lock_file(tmp_path: Path) -> None:
    home = home_of({"DARWINFLOW_HOME": str(tmp_path)})
    assert bound_socket(home) is None
    Path(home.lock_path).write_text("/tmp/darwinflow-0/abc\n")
    assert bound_socket(home) == "/tmp/darwinflow-0/abc"
    Path(home.lock_path).write_bytes(b"")
    assert bound_socket(home) is None


def test_a_pipe_in_place_of_the_lock_file_holds_nobody_up(tmp_path: Path) -> None:
    home = home_of({"DARWINFLOW_HOME": str(tmp_path)})
    os.mkfifo(home.lock_path)
    assert bound_socket(home) is None
    os.unlink(home.lock_path)
    (tmp_path / "elsewhere").write_bytes(lock_text(home, "/tmp/darwinflow-0/abc"))
    os.symlink(tmp_path / "elsewhere", home.lock_path)
    assert bound_socket(home) is None


def test_a_lock_file_that_was_copied_with_its_home_names_no_socket_of_the_copy(tmp_path: Path) -> None:
    first, copy = (home_of({"DARWINFLOW_HOME": str(tmp_path / name)}) for name in ("a\nb", "copy"))
    for home in (first, copy):
        Path(home.data).mkdir()
        Path(home.lock_path).write_bytes(lock_text(first, "/tmp/darwinflow-0/abc"))
    assert bound_socket(first) == "/tmp/darwinflow-0/abc"
    assert bound_socket(copy) is None


def test_a_folder_that_was_removed_is_known_by_the_shells_name_for_it(tmp_path: Path, monkeypatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv("PWD", str(gone))
    assert absolute("a/../b.yaml") == str(gone / "b.yaml")
    assert nearest_settings("b.yaml").folder == str(gone)
    monkeypatch.setenv("PWD", "nonsense")
    assert (absolute("b.yaml"), absolute("/x/y")) == ("/b.yaml", "/x/y")


def test_a_directory_is_private_when_only_its_owner_may_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert is_private(str(tmp_path))
    (tmp_path / "link").symlink_to(tmp_path)
    assert not is_private(str(tmp_path / "link"))
    tmp_path.chmod(0o750)
    assert not is_private(str(tmp_path))
    assert not is_private(str(tmp_path / "missing"))


def test_the_workspace_is_the_nearest_settings_else_the_nearest_repository_else_the_folder(
    tmp_path: Path,
) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    file = str(deep / "flow.yaml")
    assert nearest_settings(file).folder == str(deep)
    (tmp_path / "a" / ".git").mkdir()
    assert nearest_settings(file).folder == str(tmp_path / "a")
    (tmp_path / ".darwinflow.yaml").write_text("project: demo\n")
    found = nearest_settings(file)
    assert (found.folder, found.settings) == (str(tmp_path), "project: demo\n")
    assert workspace_of(str(deep)).folder == str(tmp_path)


def test_settings_that_cannot_be_read_still_mark_the_workspace(tmp_path: Path) -> None:
    (tmp_path / ".darwinflow.yaml").write_bytes(b"\xff\xfe")
    found = workspace_of(str(tmp_path))
    assert (found.folder, found.settings) == (str(tmp_path), None)
