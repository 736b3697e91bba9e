"""Feed damaged and hostile products to the readers: nothing but our own errors may come out.

    python benchmarks/fuzz_products.py --seconds 300 --seed 1

Products are made small, then their metadata, masks, names and zips are mutated: bytes flipped,
cut, doubled, numbers replaced by extreme ones, elements dropped, document types put in. What makes
a reader raise something else, hang or read half is written to ``--keep`` and ends the run with 1.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from landslip.engine.common.errors import LandslipError
from landslip.engine.products.masks import rasterise, read_polygons
from landslip.engine.products.product import open_products
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.source import Product
from landslip.tests.safe_fixture import CORNERS, SIZE, Safe, write_safe
from landslip.tests.support import write_raster

#: No honest or hostile product of this size may take longer.
SLOW_SECONDS = 5.0
NUMBERS = (b"0", b"-1", b"1e308", b"1e999", b"nan", b"-inf", b"99999999999999999999", b"", b"1_0")
WORDS = (
    b"\x00",
    b"\xff\xfe",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"&b;",
    b"<![CDATA[",
    b"]]>",
    b"<a>" * 100,
    b"../",
    b"\\",
    b'<?xml version="1.0" encoding="utf-16"?>',
    b"PK\x01\x02",
    b"PK\x05\x06",
    "\u0663\u0662".encode(),
)
#: Parts of XML, and what to put in their place.
PARTS = {
    rb"(?<=[>\" ])-?\d+(\.\d+)?(?=[<\" ])": NUMBERS,
    rb'(?<=")[^"<>]*(?=")': (*NUMBERS, b"../x", b"EPSG:0"),
    rb"(?<=>)[^<>]+(?=<)": (*NUMBERS, b"x" * 5000, b"../../x", b"1 2 3 4"),
    rb"<(\w+)[^>]*>[^<]*</\1>": (b"", b"<a/>"),
    rb"<\w[^>]*>": (b"", b"<a>"),
}
MADE = (
    Safe("L2A", "05.09"),
    Safe("L1C", "02.06", offset=None),
    Safe("L1C", "02.04", compact=False, offset=None, tiles=("32TMT", "32TNT")),
    Safe("L2A", "02.01", compact=False, offset=None),
)
GRID = Grid(
    "EPSG:32632", (10.0, 0.0, CORNERS["32TMT"][0], 0.0, -10.0, CORNERS["32TMT"][1]), SIZE, SIZE
)

Files = dict[str, bytes]


def make(folder: Path) -> list[Files]:
    """The files of one product of each kind."""
    made = []
    for number, safe in enumerate(MADE):
        root = Path(write_safe(folder / str(number), safe))
        made.append(
            {
                file.relative_to(root.parent).as_posix(): file.read_bytes()
                for file in sorted(root.rglob("*"))
                if file.is_file()
            }
        )
    made.append(band_files(folder / "bands"))
    return made


def band_files(folder: Path) -> Files:
    """A folder of band files with the metadata of a catalogue."""
    folder.mkdir()
    for band in ("B02", "B04", "B8A", "SCL"):
        write_raster(folder / f"T32TMT_20230627T102021_{band}.tif", np.ones((8, 8), "uint16"))
    item = {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True}
    item |= {"s2:product_uri": MADE[0].name, "datetime": "2023-06-27T10:20:21Z"}
    (folder / "item.json").write_text(json.dumps({"type": "Feature", "properties": item}))
    return {f"x/{file.name}": file.read_bytes() for file in sorted(folder.iterdir())}


def mutated_bytes(content: bytes, chance: random.Random) -> bytes:
    """The content after one to eight small changes."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] = chance.randrange(256)
        elif kind == 1:
            del changed[at : at + chance.choice((1, 2, 40, 4000))]
        elif kind == 2:
            changed[at:at] = changed[at : at + chance.choice((1, 8, 400))]
        elif kind == 3:
            changed[at:at] = chance.choice(WORDS)
        elif kind == 4 and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 5 and chance.random() < 0.1:
            del changed[at:]
    return bytes(changed)


def mutated_text(content: bytes, chance: random.Random) -> bytes:
    """XML with numbers, elements and attributes replaced, so that it mostly stays well-formed."""
    for _ in range(chance.randint(1, 4)):
        pattern = chance.choice(list(PARTS))
        found = list(re.finditer(pattern, content))
        if not found:
            continue
        place = chance.choice(found)
        by = chance.choice(PARTS[pattern])
        if chance.random() < 0.3:
            by = place[0] * chance.choice((2, 50))
        content = content[: place.start()] + by + content[place.end() :]
    return content


def mutated_name(name: str, chance: random.Random) -> str:
    """A file's name with something odd in it."""
    odd = chance.choice(
        ("../", "/", "\\", "\n", "a//", "\u00e9", "\u0663", "x" * 300, "_B02", "_10m", "")
    )
    at = chance.randrange(len(name) + 1)
    return name[:at] + odd + name[at + chance.choice((0, 1, 5)) :] or "x"


def mutated_product(files: Files, chance: random.Random) -> Files:
    """A product with some files changed, renamed or gone."""
    files = dict(files)
    texts = [name for name in files if name.endswith((".xml", ".gml", ".tif", ".json"))]
    main = [name for name in texts if name.count("/") == 1]
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(main if chance.random() < 0.6 else texts)
        if name in files:
            binary = name.endswith(".tif") or chance.random() < 0.2
            change = mutated_bytes if binary else mutated_text
            files[name] = change(files[name], chance)
    while chance.random() < 0.3:
        name = chance.choice(list(files))
        content = files.pop(name)
        if chance.random() < 0.7:
            files[mutated_name(name, chance)] = content
    return files


def write_folder(path: Path, files: Files, chance: random.Random) -> Path:
    """The files in a folder; names that lead out of it are left out."""
    for name, content in files.items():
        file = path / name.lstrip("/")
        odd = ".." in name or len(name) > 900 or max(map(len, name.split("/"))) > 250
        if not odd and not file.exists() and not any(p.is_file() for p in file.parents):
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.is_dir():
                file.write_bytes(content)
    path.mkdir(exist_ok=True)
    return path


def write_zip(path: Path, files: Files, chance: random.Random) -> Path:
    """The files in a zip, whose own bytes are changed half of the time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", chance.choice((0, 8, 8, 8, 8, 8, 8, 12))) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
            if chance.random() < 0.002:
                archive.writestr(name, content)
    content = packed.getvalue()
    if chance.random() < 0.5:
        # The directory, at the end, is where names, sizes and places are.
        start = content.rindex(b"PK\x05\x06") - chance.choice((0, 400, 8000))
        head, tail = content[: max(0, start)], content[max(0, start) :]
        content = head + mutated_bytes(tail, chance)
    path.write_bytes(content)
    return path


def use(path: Path) -> tuple[Product, ...]:
    """What a run does with a product before it reads images."""
    products = open_products([str(path)])
    for product in products:
        if not product.bands or len({band.name for band in product.bands}) < len(product.bands):
            raise RuntimeError("half read")
        for band in product.bands:
            if not abs(band.offset) <= 65535 or not 0 < band.scale <= 1e4:
                raise RuntimeError(f"no scale: {band}")
        for mask in product.masks:
            if mask.kind.endswith("_vector"):
                try:
                    rasterise(read_polygons(mask), GRID)
                except LandslipError:
                    continue
    return products


def one_case(made: list[Files], chance: random.Random, folder: Path) -> tuple[str, Path]:
    """Make one product, read it, and say what came of it."""
    files = mutated_product(chance.choice(made), chance)
    writer: Callable[[Path, Files, random.Random], Path] = chance.choice((write_folder, write_zip))
    path = writer(folder / ("x.zip" if writer is write_zip else "x"), files, chance)
    started = time.monotonic()
    try:
        use(path)
        outcome = "read"
    except LandslipError as err:
        outcome = type(err).__name__ if re.search(r"\.$", str(err)) else f"no sentence: {err}"
    except Exception:
        outcome = f"FAULT {traceback.format_exc()}"
    if time.monotonic() - started > SLOW_SECONDS:
        outcome = f"FAULT slow, {time.monotonic() - started:.0f} s"
    return outcome, path


def main() -> int:
    """Run for some seconds; print how many cases came out how."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="for what fails")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # duplicate names in zips are wanted here
    outcomes: collections.Counter[str] = collections.Counter()
    seed, end = args.seed * 10_000_000, time.monotonic() + args.seconds
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder))
        while time.monotonic() < end:
            seed += 1
            work = Path(folder) / "case"
            work.mkdir()
            outcome, path = one_case(made, random.Random(seed), work)  # noqa: S311 - no secret
            outcomes[outcome.split(" ")[0]] += 1
            if " " in outcome:
                print(f"seed {seed}: {outcome}", file=sys.stderr)
                args.keep.mkdir(parents=True, exist_ok=True)
                shutil.move(path, args.keep / f"{seed}{path.suffix}")
            shutil.rmtree(work)
    print(f"{sum(outcomes.values())} cases: {dict(outcomes.most_common())}")
    return 1 if {"FAULT", "no"} & set(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
