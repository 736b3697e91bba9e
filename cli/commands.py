"""What the commands do with their options: a request to the engine, and its results."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ..engine.assessment.assess import AssessRequest, Side, assess
from ..engine.assessment.event_report import (
    EventReportRequest,
    event_files,
    event_report,
    write_event_kml,
    write_event_page,
)
from ..engine.assessment.report import write_assessment_report
from ..engine.assessment.report_maps import Below
from ..engine.assessment.statistics import (
    StatisticsRequest,
    inventory_statistics,
    terrain_attributes,
)
from ..engine.assessment.statistics_report import write_statistics_report
from ..engine.common.dependencies import require
from ..engine.common.errors import Cancelled, OutputError, ParameterError, RasterError
from ..engine.common.output import check_geotiff, check_report
from ..engine.common.report import MADE_BY
from ..engine.detection.in_product import detect_in_product
from ..engine.detection.pipeline import DetectRequest, detect
from ..engine.inventory.event import EventFacts
from ..engine.inventory.fields import Landslide
from ..engine.inventory.geopackage import write_geopackage
from ..engine.inventory.polygons import Outlines
from ..engine.inventory.wkb import polygons_of
from ..engine.models.probability import open_probability
from ..engine.outlines.vectorise import VectoriseRequest, known_threshold, vectorise
from ..engine.preparation.model_choice import detection_model, preparation_model
from ..engine.preparation.prepare import PrepareRequest, prepare
from ..engine.preparation.target_grid import AreaOfInterest, GridRequest, finest_grid
from ..engine.products.product import open_products
from ..engine.raster.grid import check_order
from ..engine.raster.reading import open_raster
from ..engine.stack.reader import open_stack
from .inventory_commands import (
    apply_review,
    check_geopackage,
    check_inventory,
    export_inventory,
    measure_inventory,
    review_sheet,
    update_inventory,
)
from .inventory_reader import read_inventory
from .listeners import Listeners, Values

Box = tuple[float, float, float, float]
_NUMBER = r"\s*([^,\s\[]+)\s*"
_EXTENT = re.compile(rf"{','.join([_NUMBER] * 4)}(?:\[(.+)\]\s*)?")


def _detect(values: Values, listeners: Listeners) -> Values:
    image, product = _image(values)
    check_geopackage(values["INVENTORY"])
    request = DetectRequest(
        stack=image,
        model=detection_model(
            values["MODEL"],
            image,
            bool(product),
            values["DEM"] or "",
            values["BAND_MAPPING"] or "",
        ),
        probability=values["PROBABILITY"],
        dem=values["DEM"],
        extent=_extent_on(values["EXTENT"], lambda: _crs(image, bool(product))),
        mask=polygons(values["MASK"], listeners) if values["MASK"] else None,
        threshold=values["THRESHOLD"],
        min_area=values["MIN_AREA"],
        overlap=values["OVERLAP"],
        batch_size=values["BATCH_SIZE"],
        device=values["DEVICE"],
        scheduler=values["SCHEDULER"] or "",
        threads=values["THREADS"],
        memory=values["MEMORY"],
        band_mapping=values["BAND_MAPPING"] or "",
        test_time=values["TTA"],
        sun_azimuth=values["SUN_AZIMUTH"],
        sun_elevation=values["SUN_ELEVATION"],
        even_light=values["EVEN_LIGHT"],
        pre_event=values["PRE_EVENT"],
        outlines=_outlines(values),
        event=EventFacts.of(values),
    )
    work = detect_in_product if product else detect
    found = work(request, listeners.progress, listeners.cancelled, listeners.warn)
    try:
        write_geopackage(found.landslides, found.crs, values["INVENTORY"], listeners.warn)
    except OutputError as err:
        raise OutputError(
            f"{err} The probability raster {found.probability} is complete: "
            f"'landslip vectorise --input {found.probability}' makes the inventory of it, so the "
            "model need not run again."
        ) from err
    return {
        "PROBABILITY": found.probability,
        "INVENTORY": values["INVENTORY"],
        **_totals(found.landslides),
        "DEVICE_USED": found.device,
    }


def _vectorise(values: Values, listeners: Listeners) -> Values:
    check_geopackage(values["INVENTORY"])
    request = replace(
        _outlines(values),
        probability=values["INPUT"],
        dem=values["DEM"],
        threshold=values["THRESHOLD"],
        min_area=values["MIN_AREA"],
        event=EventFacts.of(values),
    )
    raster = open_probability(request.probability)
    known_threshold(request, raster)
    hooks = listeners.progress, listeners.cancelled
    found = list(vectorise(request, *hooks, warn=listeners.warn))
    write_geopackage(found, raster.grid.crs, values["INVENTORY"], listeners.warn)
    return {"INVENTORY": values["INVENTORY"], **_totals(found)}


def _prepare(values: Values, listeners: Listeners) -> Values:
    products = _products(values, "INPUT")
    if not products:
        raise ParameterError("No product was given; expected --input or --input-folder.")
    extent, extent_crs = extent_of(values["EXTENT"]) if values["EXTENT"] else (None, "")
    dems, mapping = tuple(values["DEM"] or ()), values["BAND_MAPPING"] or ""
    request = PrepareRequest(
        products=products,
        stack=values["OUTPUT"],
        dems=dems,
        mask=values["MASK"] or "",
        model=preparation_model(values["MODEL"] or "", products, dems, values["OFFSET"], mapping),
        grid=GridRequest(
            crs=values["CRS"] or "",
            pixel_size=values["PIXEL_SIZE"],
            extent=extent,
            extent_crs=extent_crs,
            area=_area_of_interest(values["AREA"], listeners) if values["AREA"] else None,
        ),
        out=tuple(values["OUT"] or ()),
        rules=tuple(values["RULES"] or ()),
        pre_event=_products(values, "PRE_EVENT"),
        resampling=values["RESAMPLING"],
        dem_resampling=values["DEM_RESAMPLING"],
        fill_voids=values["FILL_VOIDS"],
        offset=values["OFFSET"],
        band_mapping=mapping,
        cog=values["COG"],
    )
    made = prepare(request, listeners.progress, listeners.cancelled, listeners.warn)
    results = {"OUTPUT": made.stack, "BANDS": ",".join(made.bands), "VALID": made.valid_share}
    return {**results, "MASK": made.mask} if made.mask else results


def _sample(values: Values, listeners: Listeners) -> Values:
    from ..sample.scene import SceneRequest, make_scene, write_files

    outputs = {name: values[name] for name in ("STACK", "DEM", "TRUTH")}
    for name, target in outputs.items():
        check_geotiff(target, [], name)

    def progress(done: float) -> None:
        if listeners.cancelled():
            raise Cancelled("Stopped on request. No sample scene was written.")
        listeners.progress(done, "")

    request = SceneRequest.of(values["SIZE"], values["SEED"], values["SHARE"], values["RELIC"])
    scene = make_scene(request, progress)
    write_files(scene, *outputs.values())
    return {**outputs, "AREA": float(scene.truth.sum()) * request.pixel_size**2}


def _assess(values: Values, listeners: Listeners) -> Values:
    check_report(values["OUTPUT"])
    below = Below(values["IMAGE"])
    below.check()
    request = AssessRequest(
        detected=_side(values["INPUT"], listeners),
        reference=_side(values["REFERENCE"], listeners),
        threshold=values["THRESHOLD"],
        min_area=values["MIN_AREA"],
        overlap=values["OVERLAP"],
        pixel_size=values["PIXEL_SIZE"],
        judged=polygons(values["AREA"], listeners) if values["AREA"] else None,
        comparison=values["COMPARISON"],
    )
    found = assess(request, listeners.progress, listeners.cancelled)
    names = values["INPUT"], values["REFERENCE"]
    write_assessment_report(found, *names, MADE_BY, values["OUTPUT"], below)
    results = {"OUTPUT": values["OUTPUT"], **found.numbers()}
    return {**results, "COMPARISON": request.comparison} if request.comparison else results


def _statistics(values: Values, listeners: Listeners) -> Values:
    check_report(values["OUTPUT"])
    below = Below(values["IMAGE"], values["DEM"])
    below.check()
    table = read_inventory(values["INPUT"], listeners)
    request = StatisticsRequest(
        inventory=Outlines.of(table),
        study=polygons(values["AREA"], listeners) if values["AREA"] else None,
        dem=values["DEM"],
        attributes=terrain_attributes(table),
        min_area=values["MIN_AREA"],
    )
    found = inventory_statistics(request, listeners.progress, listeners.cancelled)
    write_statistics_report(found, values["INPUT"], MADE_BY, values["OUTPUT"], below)
    return {"OUTPUT": values["OUTPUT"], **found.numbers()}


def _report(values: Values, listeners: Listeners) -> Values:
    files = event_files(values["OUTPUT_FOLDER"], values["EVENT_NAME"].strip())
    below = Below(values["IMAGE"], values["DEM"], values["BAND_MAPPING"] or "")
    request = EventReportRequest(
        inventory=read_inventory(values["INPUT"], listeners),
        name=values["EVENT_NAME"].strip(),
        reference=_side(values["REFERENCE"], listeners) if values["REFERENCE"] else None,
        probability=values["PROBABILITY"],
        study=polygons(values["AREA"], listeners) if values["AREA"] else None,
        below=below,
    )
    report = event_report(request, listeners.progress, listeners.cancelled)
    write_event_page(report, MADE_BY, files)
    write_event_kml(report, MADE_BY, files.kml)
    listeners.say("The PDF needs QGIS; here, print the page from a browser.")
    areas = report.statistics.areas
    totals = {"COUNT": len(areas), "AREA": float(areas.sum())}
    return {
        "OUTPUT_FOLDER": values["OUTPUT_FOLDER"],
        "HTML": files.html,
        "KML": files.kml,
        **totals,
    }


#: By the name of the algorithm.
RUN: dict[str, Callable[[Values, Listeners], Values]] = {
    "detectlandslides": _detect,
    "vectoriseprobability": _vectorise,
    "preparestack": _prepare,
    "samplescene": _sample,
    "assessinventory": _assess,
    "inventorystatistics": _statistics,
    "reviewsheet": review_sheet,
    "applyreview": apply_review,
    "eventreports": _report,
    "measureinventory": measure_inventory,
    "updateinventory": update_inventory,
    "exportinventory": export_inventory,
    "validateinventory": check_inventory,
}


# --- what options mean ---------------------------------------------------------------------------


def _image(values: Values) -> tuple[str, str]:
    """The image, and the product that it is; the latter empty for a stack."""
    product = values["PRODUCT"] or values["PRODUCT_FOLDER"] or ""
    given = [v for v in (values["INPUT"], values["PRODUCT"], values["PRODUCT_FOLDER"]) if v]
    if len(given) != 1:
        raise ParameterError(
            f"{' and '.join(given) or 'No image'} was given; expected one of --input (a raster "
            "with named Sentinel-2 bands), --product and --product-folder (a downloaded product)."
        )
    return given[0], product


def _products(values: Values, name: str) -> tuple[str, ...]:
    folder = values[f"{name}_FOLDER"]
    return (*(values[name] or ()), *([folder] if folder else ()))


def _outlines(values: Values) -> VectoriseRequest:
    return VectoriseRequest(
        probability="",
        fill_holes=values["FILL_HOLES"],
        split=values["SPLIT_DEPTH"],
        smooth=values["SMOOTH"],
        min_slope=values["MIN_SLOPE"],
        max_elongation=values["MAX_ELONGATION"],
        flat_slope=values["FLAT_SLOPE"],
        excluded=values["EXCLUDE"],
        edge_image=values["EDGE_IMAGE"],
    )


def _totals(landslides: list[Landslide] | tuple[Landslide, ...]) -> Values:
    area = sum(landslide["area_m2"] for landslide in landslides)
    return {"COUNT": len(landslides), "AREA": float(area)}


def extent_of(text: str) -> tuple[Box, str]:
    """xmin, ymin, xmax, ymax of an extent as QGIS writes it, and its CRS, if there is one.

    Raises:
        ParameterError: It is no extent.
    """
    match = _EXTENT.fullmatch(text)
    try:
        numbers = [float(part) for part in match.groups()[:4]] if match else []
    except ValueError:
        numbers = []
    if not (match and numbers):
        raise ParameterError(
            f"The extent is '{text}'; expected xmin,xmax,ymin,ymax, and a CRS in brackets where it "
            "is not that of the image, such as '141.9,142.1,42.6,42.8 [EPSG:4326]'."
        )
    xmin, xmax, ymin, ymax = numbers
    return (xmin, ymin, xmax, ymax), match[5] or ""


def _crs(image: str, is_product: bool) -> str:
    """The CRS of a stack or a product."""
    if is_product:
        return finest_grid(open_products([image])[0]).crs
    return open_stack(image).grid.crs


def _extent_on(text: str | None, crs_of_image: Callable[[], str]) -> Box | None:
    """An extent in the CRS of the image."""
    if not text:
        return None
    box, crs = extent_of(text)
    if not crs:
        return box
    pyproj = require("pyproj")
    target = crs_of_image()
    try:
        check_order(box, pyproj.CRS(crs).is_geographic)
        change = pyproj.Transformer.from_crs(crs, target, always_xy=True)
    except pyproj.exceptions.CRSError as err:
        raise ParameterError(
            f"The extent's CRS is '{crs}', which PROJ does not know; expected a code such as "
            "EPSG:4326."
        ) from err
    return tuple(change.transform_bounds(*box))


def polygons(path: str, listeners: Listeners) -> Outlines:
    """The polygons of a vector file, repaired as an inventory is.

    Raises:
        DependencyError: pyogrio or shapely is not installed.
        ParameterError: It cannot be read, or has no CRS or something else than polygons.
    """
    return Outlines.of(read_inventory(path, listeners))


def _side(path: str, listeners: Listeners) -> Side:
    """One side of a comparison: the path of a raster, or polygons."""
    try:
        open_raster(path).close()
    except RasterError:
        return polygons(path, listeners)
    return path


def _area_of_interest(path: str, listeners: Listeners) -> AreaOfInterest:
    area = polygons(path, listeners)
    if not area.wkb:
        raise ParameterError(
            f"The area of interest {path} has no polygon; expected at least one. Choose another "
            "layer."
        )
    return AreaOfInterest(area.crs, _rings(area))


def _rings(area: Outlines) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    """Rings of the polygons, each closed."""
    return tuple(
        tuple(tuple((float(x), float(y)) for x, y in (*ring, ring[0])) for ring in polygon)
        for wkb in area.wkb
        for polygon in polygons_of(wkb)
    )
