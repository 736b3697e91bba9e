"""Prepare Sentinel-2 + terrain stack: from downloads to what the models read."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
)

from ..engine.preparation.model_choice import preparation_model
from ..engine.preparation.plan import REASONS
from ..engine.preparation.prepare import PrepareRequest, prepare
from ..engine.preparation.stack_plan import COVER_RULES
from ..engine.preparation.target_grid import GridRequest
from ..engine.products.product import open_products
from ..engine.raster.elevation import METHODS as DEM_METHODS
from ..engine.raster.resample import METHODS
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .place import area_of, extent_of, place_parameters
from .views import show_views

HELP = """
<p>Makes the stack that <i>Detect landslides</i> reads, from Sentinel-2 products as they are
downloaded and from DEMs: one grid, bands known by name, reflectance x 10000 with the offset of the
processing baseline removed, slope in degrees and elevation in metres.</p>

<h3>Inputs</h3>
<p><b>Products</b>: <code>.SAFE</code> zips (read as they are, nothing is unpacked), the
<code>MTD_MSIL1C.xml</code> or <code>MTD_MSIL2A.xml</code> of an unpacked product, or rasters with
named bands. Several tiles of one day make a mosaic. <b>Folder</b>: a product's folder, or a folder
of band files such as <code>B02.tif</code>.</p>
<p><b>DEMs</b>: elevation in metres, of any CRS and resolution: one, or the tiles that cover the
scene. Heights above the geoid and above the ellipsoid give the same slope. Without a DEM the stack
has no slope and elevation.</p>
<p><b>Model</b>: makes just the bands that this model reads. Empty: all bands, in the order of
Landslide4Sense.</p>
<p><b>Extent, area of interest</b>: only this part; outside of the area's polygons there is no data.
<b>CRS, pixel size</b>: empty for the product's own, of UTM and 10 m.</p>
<p><b>Pixels to leave out</b>: what the product's own masks call cloud, cirrus (thin cloud), shadow
of clouds, snow, water or defective becomes nodata. Nothing is left out unless you ask: masks
sometimes take bright, bare landslides for cloud. <b>Rules</b> find water and shadow by the bands,
for products without such a mask.</p>
<p><b>Pre-event products</b>: an image from before the event, of one day. Its bands are added as
<code>pre_B02</code> ..., with the differences of NDVI, of a bare soil index and of red over green
(<code>dNDVI</code>, <code>dBSI</code>, <code>dRG</code>: after minus before). How exactly the two
images lie on each other is measured and told.</p>

<h3>Advanced</h3>
<p><b>Resampling</b> of 20 m and 60 m bands, and of the DEM (nearest would leave terraces in the
slope, so it is not offered). <b>Fill voids</b>: gaps of the DEM up to this width are interpolated
from their rim. <b>Offset</b>: instead of what the metadata says. <b>Band mapping</b>: for a raster
without band names, such as <code>B02,B03,B04</code>. <b>Cloud-optimised</b> GeoTIFF: arranged for
reading over the web. <b>Lay on</b>: where the image from before lies 0.1 to 5 pixels off, by the
texture of both, it is moved by that; the log says by how much.</p>

<h3>Outputs</h3>
<p><b>Stack</b>: GeoTIFF, float32, nodata -9999, with overviews; product, date and processing
baseline are in its metadata. <b>Mask</b>: why pixels are out, as a sum: 1 no data, 2 defective, 4
cloud, 8 cirrus, 16 shadow, 32 snow, 64 water, 128 outside of the area; 0 where they are in.</p>
<p>Values that cannot be right (an offset left in, 8-bit values, swapped bands, heights in feet) are
refused, or reported in the log with the evidence.</p>
"""


class PrepareStack(LandslipAlgorithm):
    """The step before detection."""

    NAME = "preparestack"
    DISPLAY_NAME = "Prepare Sentinel-2 + terrain stack"
    GROUP = Group.PREPARE
    SHORT_DESCRIPTION = "Makes a stack from downloaded Sentinel-2 products and DEMs"
    TAGS = ("sentinel-2", "SAFE", "L1C", "L2A", "dem", "slope", "mosaic", "cloud mask", "stack")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in (*self._inputs(), *self._choices()):
            self.addParameter(parameter)
        for parameter in self._advanced_parameters():
            self.add_advanced(parameter)
        raster = QgsProcessingParameterRasterDestination
        self.addParameter(raster("OUTPUT", self.tr("Stack")))
        self.addParameter(
            raster(
                "MASK", self.tr("Mask (why pixels are out)"), optional=True, createByDefault=False
            )
        )
        self.addOutput(QgsProcessingOutputString("BANDS", self.tr("Bands")))
        self.addOutput(QgsProcessingOutputNumber("VALID", self.tr("Share of pixels with data")))

    def _inputs(self) -> list[Any]:
        return [
            *product_parameters(
                "INPUT",
                self.tr("Sentinel-2 products (files)"),
                self.tr("Sentinel-2 product or band files (folder)"),
            ),
            QgsProcessingParameterMultipleLayers(
                "DEM",
                self.tr("DEMs (elevation in metres)"),
                QgsProcessing.TypeRaster,
                optional=True,
            ),
            QgsProcessingParameterString(
                "MODEL", self.tr("Bands of this model (empty: all)"), optional=True
            ),
            *place_parameters(self),
        ]

    def _choices(self) -> list[Any]:
        return [
            self._names("OUT", self.tr("Pixels to leave out, by the product's masks"), REASONS),
            self._names("RULES", self.tr("Pixels to leave out, by rules"), COVER_RULES),
            *product_parameters(
                "PRE_EVENT",
                self.tr("Pre-event products (files)"),
                self.tr("Pre-event product or band files (folder)"),
            ),
        ]

    def _names(self, name: str, label: str, options: Any) -> QgsProcessingParameterEnum:
        return QgsProcessingParameterEnum(
            name,
            label,
            options=list(options),
            allowMultiple=True,
            usesStaticStrings=True,
            optional=True,
        )

    def _advanced_parameters(self) -> list[Any]:
        number, one_of = QgsProcessingParameterNumber, QgsProcessingParameterEnum
        static = {"usesStaticStrings": True}
        return [
            QgsProcessingParameterCrs("CRS", self.tr("CRS"), optional=True),
            number(
                "PIXEL_SIZE",
                self.tr("Pixel size, in units of the CRS"),
                type=number.Double,
                optional=True,
                minValue=1e-9,
            ),
            one_of(
                "RESAMPLING",
                self.tr("Resampling of bands"),
                list(METHODS),
                defaultValue="bilinear",
                **static,
            ),
            one_of(
                "DEM_RESAMPLING",
                self.tr("Resampling of the DEM"),
                list(DEM_METHODS),
                defaultValue="cubic",
                **static,
            ),
            number(
                "FILL_VOIDS",
                self.tr("Fill voids of the DEM up to this width (m)"),
                type=number.Double,
                defaultValue=0,
                minValue=0,
                maxValue=5000,
            ),
            number(
                "OFFSET",
                self.tr("Offset to add to digital numbers (empty: as the metadata says)"),
                type=number.Double,
                optional=True,
            ),
            QgsProcessingParameterString(
                "BAND_MAPPING", self.tr("Band mapping, such as B02,B03,B04"), optional=True
            ),
            QgsProcessingParameterBoolean(
                "COG", self.tr("Cloud-optimised GeoTIFF"), defaultValue=False
            ),
            align_parameter(self),
        ]

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with the products or the model's name."""
        offset = self.optional_number(parameters, "OFFSET", context)
        mapping = self.parameterAsString(parameters, "BAND_MAPPING", context)
        self._model(parameters, context)
        open_products(products_of(self, parameters, "INPUT", context), offset, mapping)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        with engine_errors():
            prepared = prepare(self._request(parameters, context), **hooks(feedback))
        show_views(prepared.stack, context)
        results = {
            "OUTPUT": prepared.stack,
            "BANDS": ",".join(prepared.bands),
            "VALID": prepared.valid_share,
        }
        return {**results, "MASK": prepared.mask} if prepared.mask else results

    def _request(self, parameters: dict[str, Any], context: QgsProcessingContext) -> PrepareRequest:
        mask = ""
        if parameters.get("MASK"):
            mask = self.parameterAsOutputLayer(parameters, "MASK", context)
        return PrepareRequest(
            products=products_of(self, parameters, "INPUT", context),
            stack=self.parameterAsOutputLayer(parameters, "OUTPUT", context),
            dems=self._dems(parameters, context),
            mask=mask,
            model=self._model(parameters, context),
            grid=self._grid(parameters, context),
            out=self._chosen(parameters, "OUT", context),
            rules=self._chosen(parameters, "RULES", context),
            pre_event=products_of(self, parameters, "PRE_EVENT", context),
            resampling=self.choice(parameters, "RESAMPLING", context),
            dem_resampling=self.choice(parameters, "DEM_RESAMPLING", context),
            fill_voids=self.parameterAsDouble(parameters, "FILL_VOIDS", context),
            offset=self.optional_number(parameters, "OFFSET", context),
            band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
            cog=self.parameterAsBool(parameters, "COG", context),
            align=self.parameterAsBool(parameters, "ALIGN", context),
        )

    def _dems(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[str, ...]:
        """Files of the DEMs; QGIS itself would leave out those that it cannot load."""
        given = parameters.get("DEM") or []
        layers = given if isinstance(given, (list, tuple)) else [given]
        return tuple(self.raster_path({"DEM": layer}, "DEM", context) for layer in layers)

    def _chosen(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> tuple[str, ...]:
        """Names that were ticked; QGIS gives an empty one where there are none."""
        return tuple(filter(None, self.choices(parameters, name, context)))

    def _model(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        return preparation_model(
            self.parameterAsString(parameters, "MODEL", context),
            products_of(self, parameters, "INPUT", context),
            self._dems(parameters, context),
            self.optional_number(parameters, "OFFSET", context),
            self.parameterAsString(parameters, "BAND_MAPPING", context),
        )

    def _grid(self, parameters: dict[str, Any], context: QgsProcessingContext) -> GridRequest:
        crs = self.parameterAsCrs(parameters, "CRS", context)
        extent, extent_crs = extent_of(self, parameters, context)
        return GridRequest(
            crs=crs.toWkt() if crs.isValid() else "",
            pixel_size=self.optional_number(parameters, "PIXEL_SIZE", context),
            extent=extent,
            extent_crs=extent_crs,
            area=area_of(self, parameters, context),
        )


def align_parameter(algorithm: LandslipAlgorithm) -> QgsProcessingParameterBoolean:
    """Whether the image before is laid on the other."""
    return QgsProcessingParameterBoolean(
        "ALIGN",
        algorithm.tr("Lay the image from before on the other, to a fraction of a pixel"),
        defaultValue=False,
        optional=True,  # models that were made before there was this parameter go on
    )


def product_parameters(name: str, files: str, folder: str) -> list[Any]:
    """Products of one day, as files or as a folder; either may be left out.

    Args:
        name: Of the parameter of files; that of the folder ends in ``_FOLDER``.
        files: Label of the one.
        folder: Label of the other.
    """
    kind = QgsProcessingParameterFile
    return [
        QgsProcessingParameterMultipleLayers(name, files, QgsProcessing.TypeFile, optional=True),
        kind(f"{name}_FOLDER", folder, kind.Folder, optional=True),
    ]


def products_of(
    algorithm: LandslipAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> tuple[str, ...]:
    """Files and the folder of products."""
    folder = algorithm.parameterAsString(parameters, f"{name}_FOLDER", context)
    files = filter(None, algorithm.parameterAsFileList(parameters, name, context))
    return (*files, *([folder] if folder else ()))
