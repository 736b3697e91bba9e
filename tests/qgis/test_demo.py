"""The demo, end to end on a small scene."""

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.demo.__main__ import main  # noqa: E402
from landslip.sample.scene import SceneRequest, make_scene, write_scene  # noqa: E402


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    write_scene(make_scene(SceneRequest(size=192)), folder)
    return folder


def test_demo_makes_everything_it_promises(qgis, scene, tmp_path, capsys):
    arguments = ["--scene", str(scene), "--output", str(tmp_path), "--credit", "Nobody"]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    for word in ("found", "missed", "false", "F1", "time", "device"):
        assert f"\n  {word} " in told
    for name in ("probability.tif", "inventory.gpkg", "comparison.tif", "landslides.qgz"):
        assert (tmp_path / name).stat().st_size > 0
    picture = qgis_core.QgsRasterLayer(str(tmp_path / "map.png"), "map")
    assert picture.width() > 1500
    block = picture.dataProvider().block(1, picture.extent(), 300, 120)
    values = np.array([[block.value(row, col) for col in range(300)] for row in range(120)])
    panels = values[30:80]
    assert panels.std() > 30  # an empty map would be white
    project = qgis_core.QgsProject()
    assert project.read(str(tmp_path / "landslides.qgz"))
    layers = project.mapLayers().values()
    assert all(layer.isValid() for layer in layers)
    assert {"Landslide inventory", "Landslide probability"} <= {layer.name() for layer in layers}


def test_folder_without_a_stack(tmp_path, capsys):
    (tmp_path / "readme.txt").touch()
    assert main(["--scene", str(tmp_path), "--output", str(tmp_path / "out")]) == 1
    assert "There is no stack in" in capsys.readouterr().err
