"""A QGIS without a window, with Processing and the Landslip provider."""

import os
import sys

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")


@pytest.fixture(scope="session")
def qgis(tmp_path_factory):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QGIS_CUSTOM_CONFIG_PATH"] = str(tmp_path_factory.mktemp("profile"))
    application = qgis_core.QgsApplication([], True)
    application.initQgis()
    # Where QGIS itself finds Processing.
    plugins = os.path.join(application.pkgDataPath(), "python", "plugins")
    if plugins not in sys.path:
        sys.path.append(plugins)
    from processing.core.Processing import Processing

    Processing.initialize()
    yield application
    application.exitQgis()


@pytest.fixture(scope="session")
def plugin(qgis):
    """The plugin, enabled as QGIS enables it."""
    import landslip

    plugin = landslip.classFactory(None)
    plugin.initProcessing()
    yield plugin
    plugin.unload()


@pytest.fixture
def registry(plugin):
    return qgis_core.QgsApplication.processingRegistry()


@pytest.fixture
def run(plugin):
    """Run an algorithm; returns its results and the feedback with all that it told."""
    import processing

    from landslip.tests.qgis.support import Feedback

    def run(name, parameters, feedback=None):
        feedback = feedback or Feedback()
        return processing.run(name, parameters, feedback=feedback), feedback

    return run


@pytest.fixture
def run_and_load(plugin):
    """Run an algorithm as the Toolbox does, and load its layers into an empty project."""
    from processing.gui.Postprocessing import handleAlgorithmResults

    def run_and_load(name, parameters):
        core = qgis_core
        project = core.QgsProject.instance()
        project.clear()
        algorithm = core.QgsApplication.processingRegistry().createAlgorithmById(name)
        context, feedback = core.QgsProcessingContext(), core.QgsProcessingFeedback()
        context.setProject(project)
        for output in ("PROBABILITY", "INVENTORY", "COMPARISON", "STACK", "DEM", "TRUTH", "OUTPUT"):
            if output in parameters:
                definition = core.QgsProcessingOutputLayerDefinition(parameters[output], project)
                parameters[output] = definition
        _results, done = algorithm.run(parameters, context, feedback)
        assert done, feedback.textLog()
        handleAlgorithmResults(algorithm, context, feedback)
        return project

    yield run_and_load
    qgis_core.QgsProject.instance().clear()
