import io
import struct
import zipfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from landslip.engine.common import archive
from landslip.engine.common.archive import open_container, read_bytes
from landslip.engine.common.errors import ProductError


def zip_of(path, members, compression=zipfile.ZIP_DEFLATED):
    """A zip of (name, content) pairs, in that order, with names as they are."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            info = zipfile.ZipInfo("x")
            info.filename = name
            file.writestr(info, content, compression)
    return str(path)


def patched(path, old, new, count=-1):
    """Replace bytes of a file by others of the same length."""
    content = Path(path).read_bytes()
    assert old in content
    assert len(old) == len(new)
    Path(path).write_bytes(content.replace(old, new, count))
    return str(path)


def test_names_and_contents(tmp_path):
    members = [("a/b.txt", b"one"), ("a/c/d.txt", b"two"), ("a/", b"")]
    zipped = open_container(zip_of(tmp_path / "x.zip", members))
    for name, content in members[:2]:
        file = tmp_path / "folder" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    folder = open_container(str(tmp_path / "folder"))
    assert zipped.names == folder.names == ("a/b.txt", "a/c/d.txt")
    for container in (zipped, folder):
        assert [container.read(name) for name in container.names] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [("S2A_X.SAFE", "S2A_X"), ("S2A_X.zip", "S2A_X"), ("S2A_X.SAFE.zip", "S2A_X"), ("a.b", "a.b")],
)
def test_the_name_of_a_product_without_its_endings(tmp_path, name, stem):
    assert archive.Container(str(tmp_path / name), (), zipped=False).stem == stem


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("/etc/passwd", "absolute name"),
        ("C:/x", "absolute name"),
        ("c:x", "absolute name"),
        ("../x", "leads out of its folder"),
        ("a/../../x", "leads out of its folder"),
        ("a/./x", "leads out of its folder"),
        ("a//x", "leads out of its folder"),
        ("a\\..\\x", "backslash"),
        ("a\nx", "control character"),
        ("a" * 2000, "name of 2000 characters"),
    ],
)
def test_names_that_no_honest_zip_has(tmp_path, name, fault):
    path = zip_of(tmp_path / "x.zip", [("good", b""), (name, b"x")])
    with pytest.raises(ProductError, match=rf"{fault}.*Download the product from its origin"):
        open_container(path)


def test_a_name_that_goes_on_after_a_null_byte(tmp_path):
    path = zip_of(tmp_path / "x.zip", [("aaXbb", b"x")])
    with pytest.raises(ProductError, match="control character"):
        open_container(patched(path, b"aaXbb", b"aa\0bb"))


def test_a_name_twice(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = zip_of(tmp_path / "x.zip", [("a/b", b"1"), ("a/b", b"2")])
    with pytest.raises(ProductError, match="more than one file named a/b"):
        open_container(path)


def test_a_file_and_a_folder_of_one_name(tmp_path):
    path = zip_of(tmp_path / "x.zip", [("a", b"1"), ("a/", b"")])
    with pytest.raises(ProductError, match="more than one file named a"):
        open_container(path)


def test_encrypted(tmp_path):
    path = zip_of(tmp_path / "x.zip", [("a", b"1")])
    content = bytearray(Path(path).read_bytes())
    flags = content.index(b"PK\x01\x02") + 8
    content[flags : flags + 2] = struct.pack("<H", 1)
    Path(path).write_bytes(content)
    with pytest.raises(ProductError, match="is encrypted"):
        open_container(path)


def test_a_compression_that_gdal_lacks(tmp_path):
    path = zip_of(tmp_path / "x.zip", [("a", b"1")], zipfile.ZIP_LZMA)
    with pytest.raises(ProductError, match="compressed in a way that GDAL cannot read"):
        open_container(path)


def test_an_image_of_absurd_size(tmp_path):
    path = zip_of(tmp_path / "x.zip", [("a", b"1" * 70_000)])
    content = bytearray(Path(path).read_bytes())
    size = content.index(b"PK\x01\x02") + 24
    content[size : size + 4] = struct.pack("<I", 2**32 - 2)
    Path(path).write_bytes(content)
    limit = archive.MAX_IMAGE_BYTES
    try:
        archive.MAX_IMAGE_BYTES = 2**31
        with pytest.raises(ProductError, match="unpacks to 3 GiB, more than any band"):
            open_container(path)
    finally:
        archive.MAX_IMAGE_BYTES = limit


def test_members_that_share_their_bytes(tmp_path):
    """Many names for one block of data, the trick of the strongest zip bombs."""
    path = zip_of(tmp_path / "x.zip", [("a", bytes(range(256)) * 40), ("b", b"")])
    content = bytearray(Path(path).read_bytes())
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 16 : second + 28] = content[first + 16 : first + 28]
    content[second + 20 : second + 24] = struct.pack("<I", len(content))
    Path(path).write_bytes(content)
    with pytest.raises(ProductError, match="files that overlap"):
        open_container(path)


def test_a_text_that_swells(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_TEXT_BYTES", 2**20)
    container = open_container(zip_of(tmp_path / "x.zip", [("a.xml", b" " * (2**20 + 1))]))
    assert Path(container.path).stat().st_size < 10_000
    with pytest.raises(ProductError, match=r"a.xml is larger than 1 MiB"):
        container.read("a.xml")


def test_the_size_that_a_zip_states_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_TEXT_BYTES", 2**20)
    path = zip_of(tmp_path / "x.zip", [("a.xml", b" " * 2**22)])
    patched(path, struct.pack("<I", 2**22), struct.pack("<I", 100))
    with pytest.raises(ProductError):
        open_container(path).read("a.xml")


def test_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    members = [(f"{number}", b"") for number in range(4)]
    with pytest.raises(ProductError, match="has 4 files, more than any product"):
        open_container(zip_of(tmp_path / "x.zip", members))
    for name, content in members:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ProductError, match="holds more than 3 files"):
        open_container(str(tmp_path))


@given(kept=st.floats(0, 0.999))
def test_a_zip_cut_anywhere_is_refused(tmp_path_factory, kept):
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    zip_of(path, [("a", b"content" * 50), ("b", b"more")])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ProductError, match=r"not a whole zip file.*download it again"):
        open_container(str(path))


def test_data_that_does_not_match_its_checksum(tmp_path):
    path = zip_of(tmp_path / "x.zip", [("a.xml", b"content" * 50)], zipfile.ZIP_STORED)
    patched(path, b"contentcontent", b"contentCONTENT", 1)
    with pytest.raises(ProductError, match="damaged: download it again"):
        open_container(path).read("a.xml")


def test_a_file_that_is_not_there(tmp_path):
    path = zip_of(tmp_path / "x.zip", [("a", b"")])
    with pytest.raises(ProductError, match="is not there"):
        open_container(path).read("b")
    with pytest.raises(ProductError, match="cannot be read"):
        read_bytes(str(tmp_path / "nothing"))


@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    path.write_bytes(content)
    with pytest.raises(ProductError):
        open_container(str(path))


@given(
    start=st.integers(0, 10_000),
    flipped=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_changed_bytes_are_read_or_refused(tmp_path_factory, start, flipped):
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/b.xml", b"<a>content</a>" * 30)
        file.writestr("a/c.xml", b"more")
    content = bytearray(made.getvalue())
    for place, value in flipped:
        content[(start + int(place * len(content))) % len(content)] = value
    path.write_bytes(content)
    try:
        container = open_container(str(path))
        for name in container.names:
            container.read(name)
    except ProductError as err:
        assert str(err).endswith(".")  # noqa: PT017 - that it is refused is not certain
