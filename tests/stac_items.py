"""Items as three public catalogues give them, rebuilt by hand from their documentation.

Earth Search v1 (element84), the Planetary Computer (Microsoft) and the Copernicus Data Space; what
is not read is left out. ``{root}`` stands for a server.
"""

from copy import deepcopy

#: 54TXN and its neighbour, roughly: longitudes, latitudes.
BOX = (141.0, 42.0, 142.3, 43.0)


def outline(box):
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def item(name="S2A_54TXN_20180910_0_L2A", date="2018-09-10T01:26:51Z", box=BOX, **properties):
    """A plain item of the API in `stac_server`."""
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-l2a",
        "bbox": list(box),
        "geometry": outline(box),
        "properties": {
            "datetime": date,
            "eo:cloud_cover": 5.0,
            "view:sun_elevation": 50.0,
            "s2:processing_baseline": "02.06",
            "grid:code": "MGRS-54TXN",
            **properties,
        },
        "links": [{"rel": "self", "href": f"{{root}}/v1/collections/sentinel-2-l2a/items/{name}"}],
        "assets": {"red": {"href": "{root}/files/red.tif"}},
    }


def with_files(document, folder, **names):
    """An item whose bands are files of the server's folder: ``B04="post_B04.tif"``."""
    document = deepcopy(document)
    document["assets"] = {
        key: {"href": f"{{root}}/files/{folder}{name}"} for key, name in names.items()
    }
    return document


EARTH_SEARCH = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "S2A_54TXN_20230912_0_L2A",
    "properties": {
        "created": "2023-09-12T08:15:20.011Z",
        "platform": "sentinel-2a",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": 3.18,
        "proj:epsg": 32654,
        "mgrs:utm_zone": 54,
        "mgrs:latitude_band": "T",
        "mgrs:grid_square": "XN",
        "grid:code": "MGRS-54TXN",
        "view:sun_azimuth": 160.2,
        "view:sun_elevation": 50.9,
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": "05.09",
        "s2:product_uri": "S2A_MSIL2A_20230912T012701_N0509_R074_T54TXN_20230912T051300.SAFE",
        "s2:sequence": "0",
        "earthsearch:s3_path": "s3://sentinel-cogs/sentinel-s2-l2a-cogs/54/T/XN/2023/9/S2A",
        "earthsearch:boa_offset_applied": True,
        "datetime": "2023-09-12T01:31:20.731000Z",
    },
    "geometry": outline(BOX),
    "bbox": list(BOX),
    "collection": "sentinel-2-l2a",
    "links": [
        {
            "rel": "self",
            "type": "application/geo+json",
            "href": "{root}/v1/collections/sentinel-2-l2a/items/S2A_54TXN_20230912_0_L2A",
        }
    ],
    "assets": {
        "red": {
            "href": "https://sentinel-cogs.s3.us-west-2.amazonaws.com/54/T/XN/B04.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "title": "Red (band 4) - 10m",
            "eo:bands": [{"name": "red", "common_name": "red", "center_wavelength": 0.665}],
            "gsd": 10,
            "raster:bands": [
                {
                    "nodata": 0,
                    "data_type": "uint16",
                    "spatial_resolution": 10,
                    "scale": 0.0001,
                    "offset": -0.1,
                }
            ],
            "file:checksum": "1220" + "ab" * 32,
            "file:size": 170000000,
            "roles": ["data", "reflectance"],
        },
        "red-jp2": {
            "href": "s3://sentinel-s2-l2a/tiles/54/T/XN/2023/9/12/0/R10m/B04.jp2",
            "type": "image/jp2",
            "eo:bands": [{"name": "red", "common_name": "red"}],
            "gsd": 10,
            "raster:bands": [{"scale": 0.0001, "offset": -0.1, "spatial_resolution": 10}],
        },
        "scl": {
            "href": "https://sentinel-cogs.s3.us-west-2.amazonaws.com/54/T/XN/SCL.tif",
            "raster:bands": [{"nodata": 0, "data_type": "uint8", "spatial_resolution": 20}],
        },
        "visual": {
            "href": "https://sentinel-cogs.s3.us-west-2.amazonaws.com/54/T/XN/TCI.tif",
            "eo:bands": [{"name": "red"}, {"name": "green"}, {"name": "blue"}],
        },
        "thumbnail": {
            "href": "https://sentinel-cogs.s3.us-west-2.amazonaws.com/54/T/XN/preview.jpg",
            "type": "image/jpeg",
        },
    },
}

PLANETARY_COMPUTER = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "S2A_MSIL2A_20230912T012701_R074_T54TXN_20230912T053312",
    "properties": {
        "datetime": "2023-09-12T01:27:01.024000Z",
        "platform": "Sentinel-2A",
        "proj:epsg": 32654,
        "instruments": ["msi"],
        "s2:mgrs_tile": "54TXN",
        "constellation": "Sentinel 2",
        "eo:cloud_cover": 3.180412,
        "s2:product_uri": "S2A_MSIL2A_20230912T012701_N0509_R074_T54TXN_20230912T053312.SAFE",
        "s2:processing_baseline": "05.09",
        "s2:mean_solar_zenith": 39.1,
        "s2:mean_solar_azimuth": 160.2,
    },
    "geometry": outline(BOX),
    "bbox": list(BOX),
    "collection": "sentinel-2-l2a",
    "links": [],
    "assets": {
        "B04": {
            "href": "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/54/T/B04_10m.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "eo:bands": [{"name": "B04", "common_name": "red"}],
            "gsd": 10.0,
            "proj:shape": [10980, 10980],
        },
        "SCL": {
            "href": "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/54/T/SCL_20m.tif",
            "gsd": 20.0,
        },
        "rendered_preview": {
            "href": "https://planetarycomputer.microsoft.com/api/data/v1/item/preview.png?item=S2A",
            "type": "image/png",
        },
    },
}

COPERNICUS = {
    "type": "Feature",
    "stac_version": "1.1.0",
    "id": "S2A_MSIL2A_20180910T012651_N0500_R074_T54TXN_20230712T101010",
    "properties": {
        "datetime": "2018-09-10T01:26:51.024000Z",
        "platform": "sentinel-2a",
        "grid:code": "MGRS-54TXN",
        "processing:version": "05.00",
        "processing:level": "L2",
        "product:type": "S2MSI2A",
        "eo:cloud_cover": 12.5,
        "view:sun_azimuth": 160.2,
        "view:sun_elevation": 50.9,
    },
    "geometry": outline(BOX),
    "bbox": list(BOX),
    "collection": "sentinel-2-l2a",
    "links": [],
    "assets": {
        key: {
            "href": f"s3://eodata/Sentinel-2/MSI/L2A/GRANULE/IMG_DATA/R{size}m/{name}_{size}m.jp2",
            "type": "image/jp2",
            "gsd": size,
            "bands": [{"name": name}] if name != "SCL" else [],
            "roles": ["data", "reflectance", sampling],
            "raster:scale": 0.0001,
            "raster:offset": -0.1,
            "file:size": 120000000,
            "file:checksum": "1620" + "cd" * 32,
            "auth:refs": ["s3"],
            "alternate": {
                "https": {
                    "href": "https://download.dataspace.copernicus.eu/odata/v1/Products(ee5d)"
                    f"/Nodes(R{size}m)/Nodes({name}_{size}m.jp2)/$value",
                    "auth:refs": ["oidc"],
                }
            },
        }
        for key, name, size, sampling in (
            ("B04_10m", "B04", 10, "sampling:original"),
            ("B04_20m", "B04", 20, "sampling:downsampled"),
            ("B11_20m", "B11", 20, "sampling:original"),
            ("SCL_20m", "SCL", 20, "sampling:original"),
        )
    }
    | {
        "Product": {
            "href": "https://download.dataspace.copernicus.eu/odata/v1/Products(ee5d)/$value",
            "type": "application/zip",
            "roles": ["data", "metadata", "archive"],
            "auth:refs": ["oidc"],
            "file:size": 1100000000,
            "file:checksum": "d50110" + "ef" * 16,
        },
        "thumbnail": {
            "href": "https://datahub.creodias.eu/odata/v1/Assets(77)/$value",
            "type": "image/jpeg",
        },
    },
}
