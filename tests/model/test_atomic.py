"""Saving: afterwards there is the old file or the new one, whatever goes wrong in between."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest

from shoal.errors import ArtefactError
from shoal.model import atomic
from shoal.model.archive import MEMBERS, read_archive, write_archive
from shoal.model.atomic import put_in_place

OLD = b"the old model"
FAILURES = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "there is no permission to write",
    errno.EIO: "input/output error",
}
UNCHANGED = "the model that was there before is unchanged"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.shoal"
    path.write_bytes(OLD)
    return path


def write_new(file) -> None:
    file.write(b"the new model")


def check_old_survives(path) -> None:
    assert path.read_bytes() == OLD
    assert os.listdir(path.parent) == [path.name], "a temporary file was left behind"


def test_it_replaces_and_leaves_nothing_else(path):
    put_in_place(path, write_new)
    assert path.read_bytes() == b"the new model"
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("code", FAILURES)
def test_a_failure_at_any_step_keeps_the_old_file(path, monkeypatch, step, code):
    def fail(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, step, fail)
        with pytest.raises(ArtefactError, match=f"could not be saved as .*{FAILURES[code]}.*; {UNCHANGED}"):
            put_in_place(path, write_new)
    check_old_survives(path)


def test_a_failure_in_mid_write_keeps_the_old_file(path):
    def fail(file):
        file.write(b"half of the new mod")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ArtefactError, match="no space is left on the disk"):
        put_in_place(path, fail)
    check_old_survives(path)


def test_the_users_interrupt_keeps_the_old_file(path):
    def interrupted(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put_in_place(path, interrupted)
    check_old_survives(path)


def test_the_first_save_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(ArtefactError, match=r"no space is left on the disk\.$"):
        put_in_place(tmp_path / "model.shoal", write_new)
    assert os.listdir(tmp_path) == []


def test_the_disk_is_asked_before_the_rename(path, monkeypatch):
    steps = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(atomic.os, name, lambda *a, name=name, real=real: (steps.append(name), real(*a)))
    put_in_place(path, write_new)
    assert steps == ["fsync", "replace", "fsync"]  # the file, the rename, the folder


def test_a_link_stays_and_its_target_changes(tmp_path, path):
    link = tmp_path / "link.shoal"
    link.symlink_to(path.name)
    put_in_place(link, write_new)
    assert link.is_symlink()
    assert path.read_bytes() == b"the new model"


def test_a_link_into_nothing_makes_its_target(tmp_path):
    link = tmp_path / "link.shoal"
    link.symlink_to("later.shoal")
    put_in_place(link, write_new)
    assert link.is_symlink()
    assert (tmp_path / "later.shoal").read_bytes() == b"the new model"


def test_permissions_are_kept_or_those_of_any_new_file(tmp_path, path):
    path.chmod(0o640)
    put_in_place(path, write_new)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    put_in_place(tmp_path / "new.shoal", write_new)
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "new.shoal").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_long_name_is_no_obstacle(tmp_path):
    name = "m" * (255 - len(".shoal")) + ".shoal"
    put_in_place(tmp_path / name, write_new)
    assert os.listdir(tmp_path) == [name]
    with pytest.raises(ArtefactError, match="the name is too long"):
        put_in_place(tmp_path / ("m" * 300), write_new)


def test_places_that_are_no_files(tmp_path):
    with pytest.raises(ArtefactError, match="that is a folder; give the name of a file"):
        put_in_place(tmp_path, write_new)
    with pytest.raises(ArtefactError, match="its folder does not exist"):
        put_in_place(tmp_path / "nowhere" / "model.shoal", write_new)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtefactError, match="that is not an ordinary file"):
        put_in_place(tmp_path / "pipe", write_new)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_file_that_someone_protected_is_left_alone(path, monkeypatch):
    monkeypatch.setattr(atomic.os, "access", lambda *args: False)  # root may write everywhere
    with pytest.raises(ArtefactError, match="is read-only; choose another name or make it writable"):
        put_in_place(path, write_new)
    check_old_survives(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(ArtefactError, match="there is no permission to write in its folder"):
            put_in_place(path, write_new)
    finally:
        path.parent.chmod(0o700)
    check_old_survives(path)


SAVE_TWICE = """
import sys
from shoal.errors import ArtefactError
from shoal.model.archive import MEMBERS, write_archive
{before}
path = sys.argv[1] + "/model.shoal"
write_archive(path, dict.fromkeys(MEMBERS, b"small"))
try:
    write_archive(path, dict.fromkeys(MEMBERS, bytes(60_000)))
except ArtefactError as error:
    print(error)
import os
from shoal.model.archive import read_archive
print(read_archive(path)[MEMBERS[0]], os.listdir(sys.argv[1]))
"""
SURVIVED = "b'small' ['model.shoal']"


def test_a_size_limit_of_the_system(tmp_path):
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    code = SAVE_TWICE.format(before=limit)
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    said, left = done.stdout.splitlines()
    assert f"the file is larger than this system allows; {UNCHANGED}" in said
    assert left == SURVIVED


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare to make a small disk")
def test_a_disk_that_is_really_full(tmp_path):
    mount = f"mount -t tmpfs -o size=64k none {tmp_path}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("this machine does not let tests mount a small disk")
    program = [sys.executable, "-c", SAVE_TWICE.format(before=""), tmp_path]
    command = ["unshare", "-m", "sh", "-c", f'{mount} && "$@"', "sh", *program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said, left = done.stdout.splitlines()
    assert f"no space is left on the disk; {UNCHANGED}" in said
    assert left == SURVIVED


def test_an_archive_that_fails_in_mid_write(path, monkeypatch):
    write_archive(path, dict.fromkeys(MEMBERS, b"small"))
    real = zipfile.ZipFile.writestr

    def fail_at_the_weights(archive, info, data):
        if info.filename == "weights.safetensors":
            raise OSError(errno.ENOSPC, "No space left on device")
        real(archive, info, data)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail_at_the_weights)
    with pytest.raises(ArtefactError, match="no space is left on the disk"):
        write_archive(path, dict.fromkeys(MEMBERS, b"large"))
    assert read_archive(path) == dict.fromkeys(MEMBERS, b"small")
    assert os.listdir(path.parent) == [path.name]
