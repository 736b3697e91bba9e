"""What the commands do with their options: a request to the engine, and its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..engine.adaptation.adapt import TRAINED, AdaptRequest, adapt
from ..engine.adaptation.labels import labels_of
from ..engine.adaptation.material import Train
from ..engine.adaptation.report import verdict_text, write_adaptation_report
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
from ..engine.common.dependencies import require, require_pytorch
from ..engine.common.errors import Cancelled, OutputError, ParameterError, RasterError
from ..engine.common.output import check_geotiff, check_report
from ..engine.common.report import MADE_BY
from ..engine.detection.in_product import detect_in_product
from ..engine.detection.pipeline import DetectRequest, detect
from ..engine.ground.assessability import AssessabilityRequest, assessability
from ..engine.ground.assessability_report import write_assessability_report
from ..engine.ground.classes import Ground
from ..engine.ground.image import ImageSource
from ..engine.inventory.event import EventFacts
from ..engine.inventory.fields import Landslide
from ..engine.inventory.geopackage import write_geopackage
from ..engine.inventory.polygons import Outlines
from ..engine.models.management import ManageRequest, manage
from ..engine.models.one_place import work_folder_of
from ..engine.models.own_models import add_model, check_name
from ..engine.models.probability import open_probability
from ..engine.models.runs import AreaRange, area_numbers
from ..engine.outlines.vectorise import known_threshold, vectorise
from ..engine.preparation.model_choice import detection_model, ensemble_models, preparation_model
from ..engine.preparation.prepare import PrepareRequest, prepare
from ..engine.preparation.target_grid import Bounds, GridRequest, finest_grid
from ..engine.products.product import open_products
from ..engine.raster.grid import check_order
from ..engine.raster.reading import open_raster
from ..engine.stack.reader import open_stack
from .catalogue_commands import fetch_scene, scenes_of_a_place
from .event_command import landslides_of_an_event
from .image_commands import date, evidence
from .inventory_commands import (
    apply_review,
    check_geopackage,
    check_inventory,
    export_inventory,
    measure_inventory,
    review_sheet,
    suggest_review,
    update_inventory,
)
from .inventory_reader import read_inventory
from .listeners import Listeners, Values
from .place import area_of_interest, extent_of, polygons
from .training_commands import pretrain_encoder, self_train
from .values import outlines_of, products_of

#: What else *adapt* may be told of the ground.
_GIVEN = ("NEGATIVES", "AREA")


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
        ensemble=ensemble_models(values["ENSEMBLE"] or ""),
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
        assessability=values["ASSESSABILITY"] or "",
        outlines=outlines_of(values),
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
    results = {
        "PROBABILITY": found.probability,
        "INVENTORY": values["INVENTORY"],
        **_totals(found.landslides, found.area_range),
        "DEVICE_USED": found.device,
    }
    ground = {"ASSESSABILITY": request.assessability} if request.assessability else {}
    return {**results, **ground}


def _adapt(values: Values, listeners: Listeners) -> Values:
    mapping = values["BAND_MAPPING"] or ""
    name = (values["ADD_AS"] or "").strip()
    if name:
        check_name(name)
    if values["REPORT"]:
        check_report(values["REPORT"])
    model = detection_model(values["MODEL"], values["INPUT"], False, values["DEM"] or "", mapping)
    areas = (polygons(values[name], listeners) if values[name] else None for name in _GIVEN)
    request = AdaptRequest(
        stack=values["INPUT"],
        model=model,
        labels=labels_of(read_inventory(values["LABELS"], listeners), *areas),
        output=values["OUTPUT"],
        dem=values["DEM"],
        method=values["METHOD"],
        force=values["FORCE"],
        band_mapping=mapping,
        threads=values["THREADS"],
        seed=values["SEED"],
    )
    train = _trainer(request)
    found = adapt(request, listeners.progress, listeners.cancelled, listeners.warn, train)
    if values["REPORT"]:
        write_adaptation_report(found, request, MADE_BY, values["REPORT"])
    (listeners.say if found.verdict.better else listeners.warn)(verdict_text(found))
    used = request.output if found.written else model
    if name and found.written:
        listeners.say(f"In the list of models: {add_model(used, name)}")
    return {
        "OUTPUT": used,
        "REPORT": values["REPORT"],
        "WRITTEN": found.written,
        **found.numbers(),
    }


def _trainer(request: AdaptRequest) -> Train | None:
    """What trains a network, for the methods that do."""
    if request.method not in TRAINED:
        return None
    require_pytorch()
    from ..training.adapting import trainer

    return trainer(request.method, work_folder_of(request.output), request.threads, request.seed)


def _models(values: Values, listeners: Listeners) -> Values:
    names = ("ACTION", "MODEL", "FILE", "NAME", "OUTPUT")
    found = manage(ManageRequest(*(values[name] or "" for name in names)))
    for line in found.lines:
        listeners.say(line)
    copy = {"OUTPUT": values["OUTPUT"]} if values["OUTPUT"] else {}
    return {**copy, **found.results()}


def _vectorise(values: Values, listeners: Listeners) -> Values:
    check_geopackage(values["INVENTORY"])
    request = replace(
        outlines_of(values),
        probability=values["INPUT"],
        dem=values["DEM"],
        threshold=values["THRESHOLD"],
        min_area=values["MIN_AREA"],
        event=EventFacts.of(values),
    )
    raster = open_probability(request.probability)
    known_threshold(request, raster)  # before the work starts
    hooks = listeners.progress, listeners.cancelled
    found = list(vectorise(request, *hooks, warn=listeners.warn))
    write_geopackage(found, raster.grid.crs, values["INVENTORY"], listeners.warn)
    area = sum(landslide["area_m2"] for landslide in found)
    found_by_runs = raster.area_range(area, known_threshold(request, raster))
    return {"INVENTORY": values["INVENTORY"], **_totals(found, found_by_runs)}


def _ground(values: Values, listeners: Listeners) -> Values:
    path, product = _image(values)
    if values["REPORT"]:
        check_report(values["REPORT"])
    request = AssessabilityRequest(
        image=_image_source(values, path),
        output=values["OUTPUT"],
        extent=_extent_on(values["EXTENT"], lambda: _crs(path, bool(product))),
    )
    made = assessability(request, listeners.progress, listeners.cancelled, listeners.warn)
    if values["REPORT"]:
        write_assessability_report(made, MADE_BY, values["REPORT"])
    listeners.say(made.sentence())
    shares = {ground.name: made.share(ground) for ground in Ground if ground != Ground.NODATA}
    report = {"REPORT": values["REPORT"]} if values["REPORT"] else {}
    return {"OUTPUT": request.output, **shares, **report}


def _image_source(values: Values, path: str) -> ImageSource:
    return ImageSource(
        path=path,
        mask=values["MASK"] or "",
        dem=values["DEM"],
        sun_azimuth=values["SUN_AZIMUTH"],
        sun_elevation=values["SUN_ELEVATION"],
        band_mapping=values["BAND_MAPPING"] or "",
        clouds=values["CLOUDS"],
        flat_slope=values["FLAT_SLOPE"],
    )


def _prepare(values: Values, listeners: Listeners) -> Values:
    products = products_of(values, "INPUT")
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
            area=area_of_interest(values["AREA"], listeners) if values["AREA"] else None,
        ),
        out=tuple(values["OUT"] or ()),
        rules=tuple(values["RULES"] or ()),
        pre_event=products_of(values, "PRE_EVENT"),
        resampling=values["RESAMPLING"],
        dem_resampling=values["DEM_RESAMPLING"],
        fill_voids=values["FILL_VOIDS"],
        offset=values["OFFSET"],
        band_mapping=mapping,
        cog=values["COG"],
        align=values["ALIGN"],
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
        assessability=values["ASSESSABILITY"],
        probability=values["PROBABILITY"],
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
        before=values["PRE_IMAGE"] or "",
    )
    report = event_report(request, listeners.progress, listeners.cancelled)
    write_event_page(report, MADE_BY, files)
    write_event_kml(report, MADE_BY, files.kml)
    listeners.say("PDF and PNG need QGIS; here, print the page from a browser.")
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
    "assessability": _ground,
    "detectevent": landslides_of_an_event,
    "findscenes": scenes_of_a_place,
    "fetchscene": fetch_scene,
    "preparestack": _prepare,
    "samplescene": _sample,
    "assessinventory": _assess,
    "inventorystatistics": _statistics,
    "reviewsheet": review_sheet,
    "applyreview": apply_review,
    "eventreports": _report,
    "changeevidence": evidence,
    "datelandslides": date,
    "adaptmodel": _adapt,
    "selftrain": self_train,
    "pretrainencoder": pretrain_encoder,
    "managemodels": _models,
    "suggestreview": suggest_review,
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


def _totals(landslides: Sequence[Landslide], by_runs: AreaRange | None) -> Values:
    area = sum(landslide["area_m2"] for landslide in landslides)
    return {"COUNT": len(landslides), "AREA": float(area), **area_numbers(by_runs)}


def _crs(image: str, is_product: bool) -> str:
    """The CRS of a stack or a product."""
    if is_product:
        return finest_grid(open_products([image])[0]).crs
    return open_stack(image).grid.crs


def _extent_on(text: str | None, crs_of_image: Callable[[], str]) -> Bounds | None:
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


def _side(path: str, listeners: Listeners) -> Side:
    """One side of a comparison: the path of a raster, or polygons."""
    try:
        open_raster(path).close()
    except RasterError:
        return polygons(path, listeners)
    return path
