"""A first try without a download."""

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core")

from landslip.tests.qgis.support import Feedback  # noqa: E402

NAME = "landslip:samplescene"


def outputs(folder, **changes):
    files = {name: str(folder / f"{name.lower()}.tif") for name in ("STACK", "DEM", "TRUTH")}
    return {"SIZE": 128, "SEED": 4, **files, **changes}


def test_a_seed_is_a_scene(run, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    results, _ = run(NAME, outputs(tmp_path / "a"))
    again, _ = run(NAME, outputs(tmp_path / "b"))
    for name in ("STACK", "DEM", "TRUTH"):
        with rasterio.open(results[name]) as one, rasterio.open(again[name]) as same:
            assert np.array_equal(one.read(), same.read())
    with rasterio.open(results["STACK"]) as stack, rasterio.open(results["TRUTH"]) as truth:
        assert stack.descriptions == ("B02", "B03", "B04", "B08")
        assert stack.shape == truth.shape == (128, 128)
        assert results["AREA"] == truth.read(1).sum() * 100 > 0


def test_its_landslides_are_found(run, tmp_path):
    made, _ = run(NAME, outputs(tmp_path, SIZE=256))
    run(
        "landslip:detectlandslides",
        {
            "INPUT": made["STACK"],
            "DEM": made["DEM"],
            "PROBABILITY": str(tmp_path / "p.tif"),
            "INVENTORY": str(tmp_path / "i.gpkg"),
        },
    )
    with rasterio.open(tmp_path / "p.tif") as found, rasterio.open(made["TRUTH"]) as known:
        detected, truth = found.read(1) >= 0.5, known.read(1) == 1
    assert (detected & truth).sum() / (detected | truth).sum() > 0.35


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SIZE": 20}, "Size.*is 20; expected a whole number from 96 to 4096"),
        ({"SEED": 3_000_000_000}, "Seed.*is 3000000000; expected"),
        ({"SEED": -1}, "Seed.*is -1; expected"),
        ({"SHARE": float("nan")}, "is nan; expected a number from 0 to 0.2"),
        ({"STACK": "/nowhere/at/all/stack.tif"}, "does not exist"),
        ({"DEM": "/nowhere/at/all/dem.tif"}, "does not exist"),
        ({"TRUTH": "{folder}/truth.png"}, "does not end in .tif"),
        ({"DEM": "{folder}/stack.tif"}, "STACK and DEM have the same file name"),
    ],
)
def test_wrong_input_is_a_sentence(run, tmp_path, changes, message):
    changes = {
        name: value.format(folder=tmp_path) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    with pytest.raises(qgis_core.QgsProcessingException, match=message):
        run(NAME, outputs(tmp_path, **changes))
    assert not list(tmp_path.iterdir())


def test_cancelling_leaves_nothing(run, tmp_path):
    feedback = Feedback(cancel_at=20)
    with pytest.raises(qgis_core.QgsProcessingException, match="Stopped on request"):
        run(NAME, outputs(tmp_path), feedback)
    assert not list(tmp_path.iterdir())


def test_it_is_shown_as_a_photo(run_and_load, tmp_path):
    run_and_load(NAME, outputs(tmp_path))
    (stack,) = [
        layer
        for layer in qgis_core.QgsProject.instance().mapLayers().values()
        if layer.source().endswith("stack.tif")
    ]
    renderer = stack.renderer()
    bands = renderer.redBand(), renderer.greenBand(), renderer.blueBand()
    assert [stack.bandName(band).split()[-1] for band in bands] == ["B04", "B03", "B02"]
    stretch = renderer.redContrastEnhancement()
    assert stretch.maximumValue() > stretch.minimumValue() > 0


def test_a_second_run_of_the_session_is_shown_so_too(run_and_load, tmp_path):
    """A context deletes the post-processors that it was given."""
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        project = run_and_load(NAME, outputs(folder))
        styles = [layer.styleManager().styles() for layer in project.mapLayers().values()]
        assert ["False colour", "True colour"] in styles
