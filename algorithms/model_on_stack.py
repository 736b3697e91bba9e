"""What algorithms share that make a model for the ground of a stack."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..engine.inventory.polygons import Outlines
from ..engine.preparation.model_choice import detection_model
from .base import LandslipAlgorithm
from .detect_landslides import model_parameter
from .inventory_reader import read_inventory


class ModelOnStack(LandslipAlgorithm):
    """An algorithm with INPUT, DEM, MODEL, BAND_MAPPING, SEED and THREADS."""

    def input_parameter(self) -> QgsProcessingParameterDefinition:
        """The image."""
        return QgsProcessingParameterRasterLayer("INPUT", self.tr("Stack (Sentinel-2 bands)"))

    def ground_parameters(self) -> tuple[QgsProcessingParameterDefinition, ...]:
        """The image, its DEM, and the model."""
        return (
            self.input_parameter(),
            QgsProcessingParameterRasterLayer(
                "DEM", self.tr("DEM (elevation in metres)"), optional=True
            ),
            model_parameter(self.tr("Model")),
        )

    def add_run_parameters(self) -> None:
        """Add those that every run has, behind 'Advanced'."""
        number = QgsProcessingParameterNumber
        for parameter in (
            QgsProcessingParameterString("BAND_MAPPING", self.tr("Band mapping"), optional=True),
            number("SEED", self.tr("Seed of draws"), defaultValue=0, minValue=0),
            number(
                "THREADS", self.tr("Threads of the processor (0: all)"), defaultValue=0, minValue=0
            ),
        ):
            self.add_advanced(parameter)

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with the image or the model's name."""
        self.model_file(parameters, context)

    def stack_file(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """Path of the stack that a model is chosen for."""
        return self.raster_path(parameters, "INPUT", context)

    def model_file(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """Path of the model; for `AUTO`, of the best for the bands that are there."""
        return os.path.abspath(
            detection_model(
                self.parameterAsString(parameters, "MODEL", context),
                self.stack_file(parameters, context),
                False,
                self.raster_path(parameters, "DEM", context),
                self.parameterAsString(parameters, "BAND_MAPPING", context),
            )
        )

    def outlines(
        self,
        name: str,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> Outlines | None:
        """Polygons of an optional layer."""
        if parameters.get(name) in (None, ""):
            return None
        return Outlines.of(read_inventory(self, parameters, name, context, feedback))
