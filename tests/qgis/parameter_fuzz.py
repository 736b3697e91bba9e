"""Wrong parameters for every algorithm, as users, models and scripts hand them over.

A world of small files and layers is made once. A case is an algorithm's valid parameters with one
to three of them replaced: missing, of the wrong type, no number, empty, a layer of another kind,
filtered, with a selection, in memory, an output in a folder that is not there. What has to come is
a result, or a sentence with nothing half-written, and no input touched.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import rasterio
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterNumber,
    QgsProject,
    QgsProperty,
    QgsRasterLayer,
    QgsVectorLayer,
)

from landslip.algorithms.network import QgisCarrier
from landslip.engine.catalogue.network import NoAnswer, Session
from landslip.tests.qgis.support import Feedback, memory_layer
from landslip.tests.stac_items import item
from landslip.tests.support import write_outlines

SIZE = 128
#: What is no value of anything.
NONSENSE = (None, "", " ", "nonsense", "0", -1, True, 1e300, float("nan"), [], ["a", 2], {"a": 1})
NUMBERS = (float("nan"), float("inf"), float("-inf"), 0, -1, 0.5, 3, 1e300, "7", "x", "1e400")
EXTENTS = (
    "0,0,0,0",
    "5,1,5,1",
    "nan,nan,nan,nan [EPSG:4326]",
    "142,142.01,42.7,42.8 [EPSG:4326]",
    "-180,180,-90,90 [EPSG:4326]",
    "1,2,3",
)
#: What betrays that an error was not foreseen.
_TRACES = ("Traceback", "object at 0x", "Error:", "unexpected keyword", "NoneType", "<class")


@dataclass
class World:
    """Files and layers to choose from.

    Attributes:
        folder: Where outputs go; emptied before every case.
        valid: Parameters of each algorithm that work.
        layers: Values that name layers of all kinds.
    """

    folder: Path
    valid: dict[str, dict[str, Any]] = field(default_factory=dict)
    layers: dict[str, Any] = field(default_factory=dict)
    inputs: Path = Path()

    def snapshot(self) -> dict[Path, bytes]:
        """Contents of all input files."""
        files = (path for path in sorted(self.inputs.rglob("*")) if path.is_file())
        # QGIS writes statistics beside rasters, and journals beside open databases.
        return {path: path.read_bytes() for path in files if path.suffix in (".tif", ".gpkg")}


def make_world(folder: Path, run: Callable[..., Any]) -> World:
    """Make scene, probability and inventories with Landslip itself; ``run`` runs an algorithm."""
    inputs, outputs = folder / "inputs", folder / "outputs"
    inputs.mkdir()
    outputs.mkdir()
    world = World(outputs, inputs=inputs)
    names = {name: str(inputs / f"{name.lower()}.tif") for name in ("STACK", "DEM", "TRUTH")}
    run("landslip:samplescene", {"SIZE": SIZE, "SEED": 3, **names})
    p, i = str(inputs / "probability.tif"), str(inputs / "inventory.gpkg")
    detect = {"INPUT": names["STACK"], "DEM": names["DEM"], "MODEL": "fast_rgb", "MIN_AREA": 0}
    run("landslip:detectlandslides", {**detect, "PROBABILITY": p, "INVENTORY": i})
    out = {name: str(outputs / name) for name in ("r.html", "r.pdf", "o.gpkg", "o.tif", "d.tif")}
    scenes = str(inputs / "scenes.gpkg")
    with rasterio.open(names["STACK"]) as dataset:
        west, south, east, north = dataset.bounds
        extent = f"{west},{east},{south},{north} [{dataset.crs.to_string()}]"
    find = {
        "EXTENT": extent,
        "EVENT_DATE": "2018-09-06",
        "ADDRESS": _items(inputs, names["STACK"]),
        "OUTPUT": out["o.gpkg"],
    }
    run("landslip:findscenes", {**find, "OUTPUT": scenes})
    world.valid = {
        "setup": {"OUTPUT": out["r.html"]},
        "samplescene": {
            "SIZE": 96,
            "STACK": out["o.tif"],
            "DEM": out["d.tif"],
            "TRUTH": str(outputs / "t.tif"),
        },
        "findscenes": find,
        "fetchscene": {
            "INPUT": scenes,
            "EXTENT": extent,
            "DEM": "",
            "BANDS": "B04",
            "OUTPUT": out["o.tif"],
        },
        "preparestack": {"INPUT": str(inputs), "OUTPUT": out["o.tif"]},
        "detectevent": {
            "INPUT": [names["STACK"]],
            "PRE_EVENT": [_before(names["STACK"], inputs)],
            "MODEL": "fast_rgb",
            "MIN_AREA": 0,
            "STACK": out["o.tif"],
            "PROBABILITY": out["d.tif"],
            "INVENTORY": out["o.gpkg"],
            "REVIEW_SHEET": out["r.html"],
        },
        "detectlandslides": {**detect, "PROBABILITY": out["o.tif"], "INVENTORY": out["o.gpkg"]},
        "assessability": {"INPUT": names["STACK"], "OUTPUT": out["o.tif"]},
        "vectoriseprobability": {"INPUT": p, "INVENTORY": out["o.gpkg"]},
        "adaptmodel": {
            "INPUT": names["STACK"],
            "MODEL": "fast_rgb",
            "LABELS": _drawn(i, inputs),
            "METHOD": "threshold",
            "OUTPUT": str(outputs / "m.onnx"),
        },
        "selftrain": {
            "INPUT": names["STACK"],
            "MODEL": "fast_rgb",
            "SURE": 0.6,
            "ROUNDS": 1,
            "STEPS": 2,
            "OUTPUT": str(outputs / "m.onnx"),
        },
        "pretrainencoder": {
            "INPUT": names["STACK"],
            "MODEL": "fast_rgb",
            "OUTPUT": str(outputs / "m.onnx"),
        },
        "managemodels": {"ACTION": "list"},
        "suggestreview": {"INPUT": i, "PROBABILITY": p, "OUTPUT": out["o.gpkg"]},
        "measureinventory": {"INPUT": i, "DEM": names["DEM"], "OUTPUT": out["o.gpkg"]},
        "changeevidence": {
            "INPUT": i,
            "IMAGE": names["STACK"],
            "PRE_IMAGE": _before(names["STACK"], inputs),
            "OUTPUT": out["o.gpkg"],
        },
        "datelandslides": {
            "INPUT": i,
            "IMAGES": [names["STACK"], _before(names["STACK"], inputs)],
            "DATES": "2018-09-11,2018-05-02",
            "OUTPUT": out["o.gpkg"],
        },
        "assessinventory": {"INPUT": p, "REFERENCE": i, "OUTPUT": out["r.html"]},
        "inventorystatistics": {"INPUT": i, "OUTPUT": out["r.html"]},
        "reviewsheet": {"INPUT": i, "IMAGE": names["STACK"], "OUTPUT": out["r.html"]},
        "eventreports": {
            "INPUT": i,
            "EVENT_NAME": "Storm A",
            "IMAGE": names["STACK"],
            "OUTPUT_FOLDER": str(outputs / "reports"),
        },
        "applyreview": {"INPUT": i, "REVIEW": _review(inputs), "OUTPUT": out["o.gpkg"]},
        "updateinventory": {
            "INPUT": i,
            "DETECTION": i,
            "DATE": "2018-09-06",
            "OUTPUT": out["o.gpkg"],
        },
        "validateinventory": {"INPUT": i, "OUTPUT": out["r.html"]},
        "exportinventory": {
            "INPUT": i,
            "PRESET": "usgs_v3",
            "NAME": "Made scene",
            "OUTPUT": out["o.gpkg"],
        },
    }
    world.layers = _layers(names, p, i)
    return world


def _before(stack: str, folder: Path) -> str:
    """The stack as another file."""
    return str(shutil.copy(stack, folder / "before.tif"))


def _drawn(inventory: str, folder: Path) -> str:
    """The outlines alone, as somebody draws them."""
    outlines = [f.geometry().asWkt() for f in QgsVectorLayer(inventory, "i", "ogr").getFeatures()]
    return str(write_outlines(folder / "drawn.gpkg", outlines, crs="EPSG:32654"))


def _review(folder: Path) -> str:
    """A saved review of nothing."""
    review = {"format": "landslip review", "version": 1, "reviewer": "Ann", "verdicts": []}
    path = folder / "sheet.review.json"
    path.write_text(json.dumps(review), encoding="utf-8")
    return str(path)


def _items(folder: Path, stack: str) -> str:
    """An item of one band, which needs no network."""
    with rasterio.open(stack) as dataset:
        profile = {**dataset.profile, "count": 1}
        with rasterio.open(folder / "B04.tif", "w", **profile) as band:
            band.write(dataset.read(3), 1)
    document = {**item(box=(140.0, 40.0, 145.0, 45.0)), "assets": {"B04": {"href": "B04.tif"}}}
    (folder / "items.json").write_text(json.dumps(document), encoding="utf-8")
    return str(folder / "items.json")


@contextmanager
def no_network() -> Iterator[None]:
    """Within this block no request leaves the machine, and nobody waits for an answer."""

    def refuse(*_: Any) -> None:
        raise NoAnswer("there is no network here")

    def go_on(*_: Any) -> None:
        pass

    former = QgisCarrier.get, Session._pause
    QgisCarrier.get, Session._pause = refuse, go_on
    try:
        yield
    finally:
        QgisCarrier.get, Session._pause = former


def _layers(names: dict[str, str], probability: str, inventory: str) -> dict[str, Any]:
    """Values for parameters that want layers: of every kind, and of none."""
    (Path(inventory).parent / "broken.tif").write_bytes(b"II*\0 no TIFF")
    (Path(inventory).parent / "text.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    square = "Polygon((142.0 42.7, 142.1 42.7, 142.1 42.8, 142.0 42.7))"
    filtered = QgsVectorLayer(f"{inventory}|subset=area_m2 < 0", "filtered", "ogr")
    chosen = QgsVectorLayer(inventory, "chosen", "ogr")
    chosen.selectByIds([next(chosen.getFeatures()).id()])
    bowtie = memory_layer("Polygon", "EPSG:4326", ["Polygon((0 0, 1 1, 1 0, 0 1, 0 0))"])
    kept = [
        filtered,
        chosen,
        bowtie,
        memory_layer("Polygon", "EPSG:4326", [square, None]),
        memory_layer("Polygon", "", [square]),
        memory_layer("Point", "EPSG:4326", ["Point(142 42)"]),
        memory_layer("LineString", "EPSG:32654", ["LineString(0 0, 1 1)"]),
        memory_layer("Polygon", "EPSG:32654", []),
        _typed_layer(),
        QgsRasterLayer(names["STACK"], "stack"),
    ]
    QgsProject.instance().addMapLayers(kept)
    found: dict[str, Any] = {layer.id(): layer.id() for layer in kept}
    found.update(names)
    found["selected"] = QgsProcessingFeatureSourceDefinition(chosen.id(), True)
    found["none selected"] = QgsProcessingFeatureSourceDefinition(filtered.id(), True)
    folder = str(Path(inventory).parent)
    for value in (
        probability,
        inventory,
        folder,
        f"{folder}/broken.tif",
        f"{folder}/text.csv",
        f"{folder}/missing.tif",
        f"{folder}/missing.gpkg",
        f"{inventory}|layername=nothing",
        "/dev/null",
        "memory:",
    ):
        found[value] = value
    return found


def _typed_layer() -> QgsVectorLayer:
    """An inventory's columns with other types than its own."""
    layer = QgsVectorLayer(
        "Polygon?crs=EPSG:32654&field=id:double&field=area_m2:string&field=date:integer"
        "&field=probability:string&field=review_status:integer",
        "typed",
        "memory",
    )
    feature = QgsFeature(layer.fields())
    feature.setAttributes([0.5, "many", 7, "yes", 3])
    feature.setGeometry(QgsGeometry.fromWkt("Polygon((0 0, 50 0, 50 50, 0 0))"))
    layer.dataProvider().addFeatures([feature])
    return layer


# --- cases ---------------------------------------------------------------------------------------


def case(world: World, algorithm: Any, rng: Random) -> dict[str, Any]:
    """Valid parameters with one to three that are wrong."""
    definitions = [d for d in algorithm.parameterDefinitions() if d.name() != "INSTALL"]
    chosen = rng.sample(definitions, min(rng.randint(1, 3), len(definitions)))
    wrong = {definition.name(): rng.choice(values(world, definition)) for definition in chosen}
    return {**world.valid[algorithm.name()], **wrong}


def values(world: World, definition: QgsProcessingParameterDefinition) -> list[Any]:
    """What to try for a parameter, besides nonsense."""
    if definition.isDestination():
        return [*_destinations(world), *NONSENSE]
    if isinstance(definition, QgsProcessingParameterNumber):
        low, high = definition.minimum(), definition.maximum()
        return [low, low - 1, 2 * high, QgsProperty.fromExpression("1/0"), *NUMBERS, *NONSENSE]
    if isinstance(definition, QgsProcessingParameterEnum):
        return [*definition.options(), *range(len(definition.options()) + 2), *NONSENSE]
    if isinstance(definition, QgsProcessingParameterExtent):
        return [*EXTENTS, *world.layers.values(), *NONSENSE]
    if isinstance(definition, QgsProcessingParameterCrs):
        return ["EPSG:4326", "EPSG:32633", "EPSG:1", "ProjectCrs", *NONSENSE]
    if isinstance(definition, QgsProcessingParameterBoolean):
        return [True, False, *NONSENSE]
    return [*world.layers.values(), "2018-09-06", "B02=1,B03=2", "B02=99", *NONSENSE]


def _destinations(world: World) -> list[str]:
    folder = world.folder
    return [
        "TEMPORARY_OUTPUT",
        "memory:",
        str(folder),
        str(folder / "missing" / "o.tif"),
        *(str(folder / f"o{ending}") for ending in ("", ".gpkg", ".shp", ".tif", ".html", ".xyz")),
        str(folder / "o.pdf"),
        str(world.inputs / "stack.tif"),
        str(world.inputs / "probability.tif"),
        "/proc/o.gpkg",
        "/dev/null/o.tif",
    ]


def check(world: World, algorithm: Any, parameters: dict[str, Any]) -> str:
    """Run a case; returns the sentence that refused it, empty where it worked.

    Raises:
        AssertionError: No sentence, something half-written, or an input that was changed.
    """
    shutil.rmtree(world.folder)
    world.folder.mkdir()
    with _inside(world.folder):  # where relative names of outputs lead
        return _check(world, algorithm, parameters)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _told(path: Path, said: str) -> bool:
    """Whether a sentence says of a file that it is complete, or what a new run goes on with it."""
    complete = path.name in said and "complete" in said
    return complete or (path.name.endswith(".event") and "goes on with it" in said)


def _check(world: World, algorithm: Any, parameters: dict[str, Any]) -> str:
    before = world.snapshot()
    context, feedback = QgsProcessingContext(), Feedback()
    context.setProject(QgsProject.instance())
    made = algorithm.create()
    # Called one by one: within QGIS's own run, an exception of Python would become a text.
    accepted, said = made.checkParameterValues(parameters, context)
    results: dict[str, Any] = {}
    if accepted:
        said = ""
        try:
            assert made.prepare(parameters, context, feedback)
            results = made.processAlgorithm(parameters, context, feedback)
        except QgsProcessingException as err:
            said = str(err) or "nothing"
    assert accepted or said, "refused without a word"
    assert not [trace for trace in _TRACES if trace in said], said
    left = [path.name for path in world.folder.rglob("*") if ".part" in path.name]
    assert not left, f"left behind: {left} ({said})"
    if said:
        made_files = [path.name for path in world.folder.iterdir() if not _told(path, said)]
        assert not made_files, f"half-written: {made_files} ({said})"
    after = world.snapshot()
    changed = [path for path in before if after.get(path) != before[path]]
    for path in changed:
        path.write_bytes(before[path])
    # What is no input of this case may be overwritten: there the user's word counts.
    read = [
        str(parameters.get(definition.name()))
        for definition in algorithm.parameterDefinitions()
        if not definition.isDestination()
    ]
    lost = [path.name for path in changed if str(path) in read]
    assert not lost, f"inputs changed: {lost} ({said or results})"
    return said
