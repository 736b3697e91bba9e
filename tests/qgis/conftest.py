"""A QGIS without a window, with Processing and the Landslip provider."""

import os

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")


@pytest.fixture(scope="session")
def qgis(tmp_path_factory):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QGIS_CUSTOM_CONFIG_PATH"] = str(tmp_path_factory.mktemp("profile"))
    import sys

    app = qgis_core.QgsApplication([], True)
    app.initQgis()
    plugins = os.path.join(app.pkgDataPath(), "python", "plugins")
    if plugins not in sys.path:  # where QGIS itself finds Processing
        sys.path.append(plugins)
    from processing.core.Processing import Processing

    Processing.initialize()
    yield app
    app.exitQgis()


@pytest.fixture(scope="session")
def plugin(qgis):
    """The plugin, enabled as QGIS enables it."""
    import landslip

    plugin = landslip.classFactory(None)
    plugin.initProcessing()
    yield plugin
    plugin.unload()


@pytest.fixture
def run(plugin):
    """Run an algorithm of ours; returns its results and all that it told the user."""
    import processing

    def run(name, **parameters):
        feedback = Feedback()
        results = processing.run(f"landslip:{name}", parameters, feedback=feedback)
        return results, feedback

    return run


class Feedback(qgis_core.QgsProcessingFeedback):
    """Keeps what is told, and cancels at a given progress."""

    def __init__(self, cancel_at=None):
        super().__init__(False)
        self.infos, self.warnings = [], []
        self._cancel_at = cancel_at
        self.progressChanged.connect(self._progress)

    def pushInfo(self, text):
        self.infos.append(text)

    def pushWarning(self, text):
        self.warnings.append(text)

    def _progress(self, percent):
        if self._cancel_at is not None and percent >= self._cancel_at:
            self.cancel()
