"""Detect landslides, run as the Toolbox and the model designer run it."""

import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.engine.inventory.event import PARAMETERS  # noqa: E402
from landslip.engine.inventory.fields import FIELDS  # noqa: E402
from landslip.tests.qgis.support import Feedback, layer_features, memory_layer  # noqa: E402
from landslip.tests.safe_fixture import CORNERS, SIZE, Safe, write_safe  # noqa: E402
from landslip.tests.support import card, reflectance, write_model, write_raster  # noqa: E402

NAME = "landslip:detectlandslides"


@pytest.fixture
def parameters(stack_path, model_path, tmp_path):
    return {
        "INPUT": stack_path,
        "MODEL": model_path,
        "DEVICE": "cpu",
        "PROBABILITY": str(tmp_path / "out.tif"),
        "INVENTORY": str(tmp_path / "out.gpkg"),
    }


def error_of(run, parameters):
    with pytest.raises(qgis_core.QgsProcessingException) as err:
        run(NAME, parameters)
    return str(err.value)


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert " ".join(names) == (
        "INPUT PRODUCT PRODUCT_FOLDER DEM PRE_EVENT MODEL EXTENT MASK THRESHOLD MIN_AREA "
        "OVERLAP BATCH_SIZE DEVICE SCHEDULER THREADS MEMORY BAND_MAPPING TTA ENSEMBLE "
        "EVEN_LIGHT SUN_AZIMUTH SUN_ELEVATION FILL_HOLES SPLIT_DEPTH SMOOTH EDGE_IMAGE "
        "MIN_SLOPE MAX_ELONGATION FLAT_SLOPE EXCLUDE EVENT_DATE IMAGE_DATE PRE_DATE TRIGGER "
        "LS_TYPE PROBABILITY INVENTORY ASSESSABILITY"
    )
    assert {o.name() for o in algorithm.outputDefinitions()} == {
        "PROBABILITY",
        "INVENTORY",
        "ASSESSABILITY",
        "COUNT",
        "AREA",
        "AREA_STD",
        "AREA_LOW",
        "AREA_HIGH",
        "DEVICE_USED",
    }
    advanced = {
        p.name()
        for p in algorithm.parameterDefinitions()
        if p.flags() & qgis_core.QgsProcessingParameterDefinition.FlagAdvanced
    }
    assert advanced == {
        "OVERLAP",
        "BATCH_SIZE",
        "DEVICE",
        "SCHEDULER",
        "THREADS",
        "MEMORY",
        "BAND_MAPPING",
        "TTA",
        "ENSEMBLE",
        "EVEN_LIGHT",
        "SUN_AZIMUTH",
        "SUN_ELEVATION",
        "FILL_HOLES",
        "SPLIT_DEPTH",
        "SMOOTH",
        "EDGE_IMAGE",
        "MIN_SLOPE",
        "MAX_ELONGATION",
        "FLAT_SLOPE",
        "EXCLUDE",
        *PARAMETERS,
    }


def test_texts(registry):
    for algorithm in registry.providerById("landslip").algorithms():
        assert algorithm.displayName()
        assert algorithm.shortDescription()
        help_text = algorithm.shortHelpString().lower()
        for parameter in algorithm.parameterDefinitions():
            assert parameter.description()
            word = parameter.description().split()[0].lower().strip(",")
            assert word in help_text, f"{algorithm.name()}: {parameter.name()} is not explained"
        assert not algorithm.icon().isNull()
        assert algorithm.canExecute()


def test_run(run, parameters):
    results, feedback = run(NAME, parameters)
    with rasterio.open(parameters["PROBABILITY"]) as dataset:
        probability = dataset.read(1)
    features = layer_features(parameters["INVENTORY"])
    assert results["COUNT"] == len(features) > 5
    assert results["AREA"] == pytest.approx(sum(f["area_m2"] for f in features))
    assert results["DEVICE_USED"] == "cpu"
    assert min(f["area_m2"] for f in features) >= 500
    assert sum(f["pixel_count"] for f in features) <= (probability >= 0.5).sum()
    assert feedback.progress() == 100
    assert any("landslides" in text and "on cpu" in text for text in feedback.infos)


def test_inventory_has_all_fields_and_the_crs(run, parameters):
    run(NAME, parameters)
    layer = qgis_core.QgsVectorLayer(parameters["INVENTORY"], "i", "ogr")
    assert [f.name() for f in layer.fields()] == ["fid", *(field.name for field in FIELDS)]
    assert layer.crs().authid() == "EPSG:32654"
    assert layer.geometryType() == qgis_core.QgsWkbTypes.PolygonGeometry
    for feature in layer.getFeatures():
        assert feature.geometry().isGeosValid()
        assert feature.geometry().area() == feature["pixel_count"] * 100
        assert feature["z_min"] == qgis_core.NULL


def test_dem_fills_the_terrain_fields(run, parameters, tmp_path, rng):
    dem = (rng.random((100, 100)) * 20 + np.arange(100) * 15).astype("float32")
    parameters["DEM"] = write_raster(tmp_path / "dem.tif", dem, pixel=30.0)
    run(NAME, parameters)
    for feature in layer_features(parameters["INVENTORY"]):
        assert 0 <= feature["z_min"] <= feature["z_max"] <= 1600
        assert 5 < feature["slope_mean"] < 60


def test_layers_and_memory_outputs(run, parameters):
    """As from a project: layers instead of paths, a memory layer as output."""
    parameters["INPUT"] = qgis_core.QgsRasterLayer(parameters["INPUT"], "stack")
    parameters["INVENTORY"] = "memory:"
    results, _ = run(NAME, parameters)
    assert results["INVENTORY"].featureCount() == results["COUNT"] > 0


def test_temporary_outputs(run, parameters):
    parameters.update(PROBABILITY="TEMPORARY_OUTPUT", INVENTORY="TEMPORARY_OUTPUT")
    results, _ = run(NAME, parameters)
    assert results["PROBABILITY"].endswith(".tif")
    assert qgis_core.QgsRasterLayer(results["PROBABILITY"]).isValid()


def test_mask_in_another_crs(run, parameters):
    run(NAME, parameters)
    with rasterio.open(parameters["PROBABILITY"]) as dataset:
        whole = dataset.read(1)
    west, south, east, north = 141.005, 42.44, 141.015, 42.445
    outline = (
        f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
    )
    parameters["MASK"] = memory_layer("Polygon", "EPSG:4326", [outline])
    results, _ = run(NAME, parameters)
    with rasterio.open(parameters["PROBABILITY"]) as dataset:
        part = dataset.read(1, masked=True)
    inside = ~np.ma.getmaskarray(part)
    assert 0.02 < inside.mean() < 0.9
    assert np.array_equal(part.data[inside], whole[inside])
    assert results["COUNT"] > 0


def test_the_mask_is_not_written_over(run, parameters, tmp_path):
    run(NAME, parameters)
    before = Path(parameters["INVENTORY"]).read_bytes()
    parameters["MASK"] = parameters["INVENTORY"]
    parameters["PROBABILITY"] = str(tmp_path / "other.tif")
    assert "which is read as MASK" in error_of(run, parameters)
    assert Path(parameters["INVENTORY"]).read_bytes() == before


def test_extent_in_another_crs(run, parameters):
    parameters["EXTENT"] = "141.005,141.015,42.44,42.445 [EPSG:4326]"
    run(NAME, parameters)
    with rasterio.open(parameters["PROBABILITY"]) as dataset:
        assert (dataset.transform.c - 500000) % 10 == 0
        assert 75 < dataset.width < 90
        assert dataset.height < 65


def test_threshold_and_minimum_area(run, parameters):
    low, _ = run(NAME, {**parameters, "THRESHOLD": 0.5, "MIN_AREA": 0})
    high, _ = run(NAME, {**parameters, "THRESHOLD": 0.8, "MIN_AREA": 1000})
    assert 0 < high["AREA"] < low["AREA"]
    assert {f["threshold"] for f in layer_features(parameters["INVENTORY"])} == {0.8}


def test_band_mapping_and_advanced_settings(run, parameters, tmp_path, rng):
    parameters["INPUT"] = write_raster(tmp_path / "nameless.tif", reflectance(rng))
    parameters.update(BAND_MAPPING="B02,B03,B04", OVERLAP=0.25, BATCH_SIZE=3, TTA="flips")
    results, _ = run(NAME, parameters)
    assert results["COUNT"] > 0


def test_an_ensemble(run, parameters, tmp_path):
    other = write_model(tmp_path / "a, b.onnx", card(name="other", bands=("B03",)), kernel=5)
    alone, _ = run(NAME, parameters)
    assert alone["AREA_STD"] is None
    results, feedback = run(NAME, {**parameters, "ENSEMBLE": f"{other};"})
    assert results["AREA_LOW"] <= results["AREA"] <= results["AREA_HIGH"]
    assert results["AREA_STD"] > 0
    assert "By 2 runs, the area is" in " ".join(feedback.infos)
    assert {f["model"] for f in layer_features(parameters["INVENTORY"])} == {"test_model + other"}
    again, _ = run(
        "landslip:vectoriseprobability",
        {
            "INPUT": parameters["PROBABILITY"],
            "MIN_AREA": 500,
            "INVENTORY": str(tmp_path / "i.gpkg"),
        },
    )
    for name in ("AREA", "AREA_STD", "AREA_LOW", "AREA_HIGH"):
        assert again[name] == pytest.approx(results[name])
    parameters["ENSEMBLE"] = "effnet_rgb, nowhere"
    assert "There is no model 'nowhere'" in error_of(run, parameters)


def test_warning_reaches_the_user(run, parameters, tmp_path, rng):
    parameters["INPUT"] = write_raster(
        tmp_path / "coarse.tif", reflectance(rng), names=["B02", "B03", "B04"], pixel=30.0
    )
    _, feedback = run(NAME, parameters)
    assert any("was trained on 10 m" in text for text in feedback.warnings)


def test_layers_arrive_styled(run_and_load, parameters):
    project = run_and_load(NAME, parameters)
    layers = {layer.name(): layer for layer in project.mapLayers().values()}
    probability, inventory = layers["Landslide probability"], layers["Landslide inventory"]
    assert probability.renderer().type() == "singlebandpseudocolor"
    assert inventory.renderer().type() == "RuleRenderer"
    assert inventory.attributeAlias(inventory.fields().indexOf("area_m2")) == "Area (m²)"


def test_not_a_raster(run, parameters, tmp_path):
    (tmp_path / "no.tif").write_text("hello")
    parameters["INPUT"] = str(tmp_path / "no.tif")
    assert "cannot be read as a raster" in error_of(run, parameters)


def test_missing_band(run, parameters, tmp_path):
    parameters["MODEL"] = write_model(tmp_path / "m2.onnx", card(bands=("B04", "B08")))
    message = error_of(run, parameters)
    assert "needs band B08, not found" in message
    assert "Found: B02, B03, B04" in message


def test_unknown_model(run, parameters):
    parameters["MODEL"] = "resnet_9000"
    assert "There is no model 'resnet_9000'" in error_of(run, parameters)


def test_absent_device(run, parameters):
    parameters["DEVICE"] = "tensorrt"
    assert "'tensorrt' is not there" in error_of(run, parameters)


def test_a_missing_package_leads_to_the_set_up(run, parameters, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    message = error_of(run, parameters)
    assert "Landslip needs the Python package onnxruntime" in message
    assert "run 'Check and set up' (landslip:setup)" in message


def test_cancel_leaves_nothing(run, parameters, tmp_path):
    with pytest.raises(qgis_core.QgsProcessingException, match="Stopped on request"):
        run(NAME, {**parameters, "BATCH_SIZE": 1}, feedback=Feedback(cancel_at=30))
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_inventory_that_cannot_be_written(run, parameters):
    parameters["INVENTORY"] = "/nowhere/out.gpkg"
    assert "/nowhere" in error_of(run, parameters)


def test_in_a_model(plugin, stack_path, model_path, tmp_path):
    """Chained as in the model designer: detect, then vectorise its raster at another threshold."""
    core = qgis_core
    model = core.QgsProcessingModelAlgorithm("chain", "test")
    model.addModelParameter(
        core.QgsProcessingParameterRasterLayer("stack"), core.QgsProcessingModelParameter("stack")
    )
    source = core.QgsProcessingModelChildParameterSource

    def child(name, algorithm, **sources):
        step = core.QgsProcessingModelChildAlgorithm(algorithm)
        step.setChildId(name)
        for parameter, value in sources.items():
            step.addParameterSources(parameter, [value])
        return step

    detect = child(
        "detect",
        NAME,
        INPUT=source.fromModelParameter("stack"),
        MODEL=source.fromStaticValue(model_path),
        DEVICE=source.fromStaticValue("cpu"),
    )
    model.addChildAlgorithm(detect)
    again = child(
        "again",
        "landslip:vectoriseprobability",
        INPUT=source.fromChildOutput("detect", "PROBABILITY"),
        THRESHOLD=source.fromStaticValue(0.8),
    )
    output = core.QgsProcessingModelOutput("result")
    output.setChildId("again")
    output.setChildOutputName("INVENTORY")
    again.setModelOutputs({"result": output})
    model.addChildAlgorithm(again)
    target = str(tmp_path / "chain.gpkg")
    results, done = model.run(
        {"stack": stack_path, "again:result": target},
        core.QgsProcessingContext(),
        core.QgsProcessingFeedback(),
    )
    assert done
    assert results["COUNT" if "COUNT" in results else "again:result"]
    features = layer_features(target)
    assert features
    assert {f["threshold"] for f in features} == {0.8}


def test_model_widget(plugin):
    """The list of shipped models takes a path as well."""
    from landslip.algorithms.model_widget import ModelWidgetWrapper

    algorithm = qgis_core.QgsApplication.processingRegistry().algorithmById(NAME)
    parameter = algorithm.parameterDefinition("MODEL")
    wrapper_class = parameter.metadata()["widget_wrapper"]["class"]
    assert wrapper_class.endswith("algorithms.model_widget.ModelWidgetWrapper")
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    dialog = AlgorithmDialog(algorithm.create())
    wrapper = dialog.mainWidget().wrappers["MODEL"]
    assert type(wrapper).__name__ == ModelWidgetWrapper.__name__
    assert wrapper.value() == parameter.defaultValue()
    wrapper.setValue("/some/model.onnx")
    assert wrapper.value() == "/some/model.onnx"


def test_model_widget_in_the_batch_dialog(plugin, registry):
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    dialog = BatchAlgorithmDialog(registry.algorithmById(NAME).create())
    panel = dialog.mainWidget()
    columns = panel.column_to_parameter_definition
    (column,) = [index for index, name in columns.items() if name == "MODEL"]
    wrapper = panel.wrappers[0][column]
    assert wrapper.parameterValue() == "auto"


def test_model_widget_in_the_model_designer(plugin, registry):
    from processing.modeler.ModelerParametersDialog import ModelerParametersDialog

    model = qgis_core.QgsProcessingModelAlgorithm("chain", "test")
    dialog = ModelerParametersDialog(registry.algorithmById(NAME).create(), model)
    child = dialog.createAlgorithm()
    (source,) = child.parameterSources()["MODEL"]
    assert source.staticValue() == "auto"


def test_inventory_that_breaks_off_is_removed(run, parameters, monkeypatch):
    from landslip.algorithms import DetectLandslides

    target = Path(parameters["INVENTORY"])

    class FullDisk:
        def addFeature(self, feature, flags):  # noqa: N802 - QGIS's name
            return False

        def lastError(self):  # noqa: N802 - QGIS's name
            return "No space left on device"

    def full(_, given, name, *rest):
        path = given[name]  # beside the target
        Path(path).write_bytes(b"half")
        return FullDisk(), path

    monkeypatch.setattr(DetectLandslides, "parameterAsSink", full)
    message = error_of(run, parameters)
    assert "cannot be written (No space left on device)" in message
    assert "Vectorise probability" in message
    assert not [file for file in target.parent.iterdir() if "gpkg" in file.name]


def test_extent_of_a_stack_that_only_the_mapping_explains(run, parameters, tmp_path, rng):
    parameters["INPUT"] = write_raster(
        tmp_path / "twice.tif", reflectance(rng), names=["B04", "B04", "B04"]
    )
    parameters.update(
        BAND_MAPPING="B02,B03,B04", EXTENT="500000,501000,4699000,4700000 [EPSG:32654]"
    )
    run(NAME, parameters)
    with rasterio.open(parameters["PROBABILITY"]) as dataset:
        assert (dataset.width, dataset.height) == (100, 100)


# --- a product instead of a stack ---


@pytest.fixture
def from_product(parameters, tmp_path):
    """An L2A product, zipped, whose reflectance is a ramp."""
    parameters["PRODUCT"] = write_safe(tmp_path, Safe("L2A", "05.09"), zipped=True)
    return {name: value for name, value in parameters.items() if name != "INPUT"}


def test_a_product_is_prepared_and_worked_on(run, from_product, tmp_path):
    results, feedback = run(NAME, {**from_product, "MIN_AREA": 0})
    with rasterio.open(from_product["PROBABILITY"]) as dataset:
        assert dataset.shape == (SIZE, SIZE)
        assert dataset.crs.to_epsg() == 32632
        probability = dataset.read(1)
    assert probability.min() >= 0, "nothing is masked"
    features = layer_features(from_product["INVENTORY"])
    assert results["COUNT"] == len(features) > 0
    assert {feature["source"] for feature in features} == {Safe("L2A", "05.09").name}
    assert feedback.progress() == 100
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_extent_of_a_product(run, from_product):
    west, north = CORNERS["32TMT"]
    box = f"{west + 100},{west + 300},{north - 200},{north - 50} [EPSG:32632]"
    run(NAME, {**from_product, "EXTENT": box})
    with rasterio.open(from_product["PROBABILITY"]) as dataset:
        assert dataset.shape == (15, 20)


def test_band_files_and_the_metadata_file_of_a_folder(run, from_product, tmp_path, rng):
    for band, layer in zip(("B02", "B03", "B04"), reflectance(rng)):
        (tmp_path / "bands").mkdir(exist_ok=True)
        write_raster(tmp_path / "bands" / f"T54TWN_20180912T010000_{band}_10m.tif", layer)
    del from_product["PRODUCT"]
    results, _ = run(NAME, {**from_product, "PRODUCT_FOLDER": str(tmp_path / "bands")})
    assert results["COUNT"] > 0
    folder = write_safe(tmp_path / "safe", Safe("L1C", "05.09"))
    results, _ = run(NAME, {**from_product, "PRODUCT": f"{folder}/MTD_MSIL1C.xml", "MIN_AREA": 0})
    assert results["COUNT"] > 0


def test_either_a_stack_or_a_product(run, from_product, stack_path):
    both = {**from_product, "INPUT": stack_path}
    assert f"{stack_path} and {from_product['PRODUCT']} was given; expected" in error_of(run, both)
    neither = {name: value for name, value in from_product.items() if name != "PRODUCT"}
    assert "No image was given; expected one image. Give INPUT" in error_of(run, neither)


def test_product_without_a_band_of_the_model(run, from_product, tmp_path):
    from_product["MODEL"] = write_model(tmp_path / "b10.onnx", card(bands=("B04", "B10")))
    message = error_of(run, from_product)
    assert "needs band B10" in message
    assert "L1C" in message
    assert "effnet_rgb" in message
    assert not Path(from_product["PROBABILITY"]).exists()


def test_what_is_no_product(run, from_product, tmp_path):
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 cut")
    from_product["PRODUCT"] = str(tmp_path / "cut.zip")
    assert "not a whole zip file" in error_of(run, from_product)


def test_outlines_as_vectorise_probability_makes_them(run, parameters, tmp_path):
    """One run with the settings of outlines gives what the second step gives with them."""
    settings = {"FILL_HOLES": 4e4, "SMOOTH": True}
    results, _ = run(NAME, {**parameters, **settings})
    again, _ = run(
        "landslip:vectoriseprobability",
        {
            "INPUT": results["PROBABILITY"],
            "MIN_AREA": parameters.get("MIN_AREA", 500),
            "INVENTORY": str(tmp_path / "again.gpkg"),
            **settings,
        },
    )
    assert results["COUNT"] == again["COUNT"] > 0
    assert results["AREA"] == pytest.approx(again["AREA"])
    plain, _ = run(NAME, {**parameters, "INVENTORY": str(tmp_path / "plain.gpkg")})
    ours, theirs = (
        [feature.geometry().asWkt() for feature in layer_features(found["INVENTORY"])]
        for found in (results, plain)
    )
    assert ours != theirs


def test_filters_by_slope_without_a_dem_are_refused_before_the_model_runs(run, parameters):
    message = error_of(run, {**parameters, "MIN_SLOPE": 5})
    assert "there is no DEM" in message
    assert not Path(parameters["PROBABILITY"]).exists()
