"""What is done to a layer when QGIS adds it to the project."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)
from qgis.PyQt import sip

Work = Callable[[QgsMapLayer, QgsProcessingContext], None]


class _WhenLoaded(QgsProcessingLayerPostProcessorInterface):
    """Does some work on a layer. Serves once."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        self._work(layer, context)


#: QGIS keeps only a pointer: without a reference here, Python frees a post-processor before it is
#: used. The context of the run deletes it, so that none serves twice.
_kept: list[_WhenLoaded] = []


def when_loaded(layer_id: str, context: QgsProcessingContext, work: Work) -> None:
    """Have something done to a layer on loading; does nothing where it will not be loaded.

    Args:
        layer_id: What the run gives for the layer.
        context: That of the run.
        work: Called in the main thread with the layer and the context.
    """
    if not context.willLoadLayerOnCompletion(layer_id):
        return
    _kept[:] = [each for each in _kept if not sip.isdeleted(each)]
    _kept.append(_WhenLoaded(work))
    context.layerToLoadOnCompletionDetails(layer_id).setPostProcessor(_kept[-1])
