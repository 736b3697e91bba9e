"""Small rasters and models whose answers are known."""

import numpy as np

from landslip.engine.models.card import METADATA_KEY, Accuracy, ModelCard

UTM = "EPSG:32654"


def write_raster(
    path, array, *, crs=UTM, pixel=10.0, origin=(500000.0, 4700000.0), names=None, nodata=None
):
    """Write [bands, rows, cols] (or [rows, cols]) as GeoTIFF; returns the path as text."""
    import rasterio

    array = np.atleast_3d(array.T).T if array.ndim == 2 else array
    transform = rasterio.Affine(pixel, 0, origin[0], 0, -pixel, origin[1])
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=array.shape[0],
        height=array.shape[1],
        width=array.shape[2],
        dtype=array.dtype,
        crs=crs,
        transform=transform if pixel else rasterio.Affine.identity(),
        nodata=nodata,
        tiled=True,
        blockxsize=128,
        blockysize=128,
    ) as dataset:
        dataset.write(array)
        for number, name in enumerate(names or [], start=1):
            dataset.set_band_description(number, name)
    return str(path)


def reflectance(rng, bands=3, height=200, width=230, dtype=np.uint16):
    """A smooth random image in the range of Sentinel-2 reflectance x 10000."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(rng.standard_normal((bands, height, width)), (0, 3, 3))
    return (1200 + 500 * noise / noise.std()).clip(200, 5000).astype(dtype)


def card(**changes):
    fields = {
        "name": "test_model",
        "version": "1.0.0",
        "architecture": "pointwise",
        "description": "A model for tests.",
        "bands": ("B04", "B03", "B02"),
        "patch_size": 128,
        "overlap": 0.5,
        "threshold": 0.5,
        "normalisation": "scene",
        "pixel_size": 10.0,
        "training_data": "none",
        "accuracy": (Accuracy("nowhere", 0.5, 0.5, 0.5),),
        "licence": "GPL-2.0-or-later",
        "attribution": "nobody",
    }
    return ModelCard(**{**fields, **changes})


def write_model(path, model_card=None, *, kernel=1, seed=0, metadata=None):
    """Write a one-convolution network with a sigmoid; ``kernel=1`` makes it pointwise.

    It standardises its bands with ``mean`` and ``std`` where the card says ``scene``, else with
    1200 and 500.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model_card = model_card or card()
    channels = len(model_card.bands)
    weight = np.random.default_rng(seed).normal(0, 1 / kernel, (1, channels, kernel, kernel))
    constants = {
        "weight": weight.astype(np.float32),
        "shape": np.array([1, -1, 1, 1]),
        "fixed_mean": np.full(channels, 1200, np.float32),
        "fixed_std": np.full(channels, 500, np.float32),
    }
    scene = model_card.normalisation == "scene"
    mean, std = ("mean", "std") if scene else ("fixed_mean", "fixed_std")
    nodes = [
        helper.make_node("Reshape", [mean, "shape"], ["m"]),
        helper.make_node("Reshape", [std, "shape"], ["s"]),
        helper.make_node("Sub", ["stack", "m"], ["centred"]),
        helper.make_node("Div", ["centred", "s"], ["standard"]),
        helper.make_node("Conv", ["standard", "weight"], ["logit"], pads=[kernel // 2] * 4),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    inputs = [helper.make_tensor_value_info("stack", TensorProto.FLOAT, ["n", channels, "h", "w"])]
    if scene:
        inputs += [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [channels])
            for name in ("mean", "std")
        ]
    graph = helper.make_graph(
        nodes,
        "test",
        inputs,
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if metadata is None:
        metadata = {METADATA_KEY: model_card.to_json()}
    helper.set_model_props(model, metadata)
    onnx.save(model, str(path))
    return str(path)


def write_outlines(path, outlines, crs=UTM, geometry="Unknown", **columns):
    """Write WKT outlines (None for none) as a layer; a column is a list with a value for each."""
    from datetime import date, datetime

    from landslip.engine.common.dependencies import require
    from landslip.engine.inventory.table import Record, Table
    from landslip.engine.inventory.vector_file import write_layer

    shapely = require("shapely")
    kinds = {
        name: next((type(v) for v in values if v is not None), str)
        for name, values in columns.items()
    }

    def text(value):
        return value.isoformat() if isinstance(value, (date, datetime)) else value

    records = tuple(
        Record(
            shapely.to_wkb(shapely.from_wkt(outline)) if outline else b"",
            {name: text(values[i]) for name, values in columns.items()},
        )
        for i, outline in enumerate(outlines)
    )
    drivers = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}
    layer = Table("layer", crs or "", kinds, records)
    if geometry == "Unknown":
        geometry = "MultiPolygon" if any("MULTI" in (o or "") for o in outlines) else "Polygon"
    assert not write_layer(str(path), layer, drivers[path.suffix], path.stem, geometry)
    return str(path)
