"""The review panel in a QGIS with a window: keys go in, and another program finds the values."""

import os
import sqlite3
import subprocess
import sys
import textwrap
import zipfile
from datetime import datetime, timezone

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from qgis.PyQt.QtCore import QPoint, Qt  # noqa: E402
from qgis.PyQt.QtTest import QTest  # noqa: E402
from qgis.PyQt.QtWidgets import QApplication, QMainWindow, QPushButton  # noqa: E402

from landslip.tests.support import UTM, write_outlines, write_raster  # noqa: E402

#: Mean probabilities; the least sure one is number 3, then 1, 4, 2.
PROBABILITIES = (0.6, 0.9, 0.52, 0.7)
REVIEW_FIELDS = ("review_status", "ls_type", "confidence", "notes", "reviewer", "reviewed_at")
#: Where the first outline begins; each is 100 m wide, with 100 m between them.
X, Y = 500100, 4699000


def square(number, side=100):
    left = X + 200 * number
    return (
        f"POLYGON(({left} {Y}, {left} {Y + side}, {left + side} {Y + side}, "
        f"{left + side} {Y}, {left} {Y}))"
    )


def inventory(path, fields=REVIEW_FIELDS, count=4, **more):
    values = {
        "id": [f"LS_{number}" for number in range(1, count + 1)],
        "prob_mean": [PROBABILITIES[i % 4] for i in range(count)],
        "threshold": [0.5] * count,
        **{name: [None] * count for name in fields},
        **more,
    }
    return write_outlines(path, [square(number) for number in range(count)], **values)


def stored(path, what="review_status"):
    """What another reader finds, by id."""
    with sqlite3.connect(path) as database:
        (table,) = database.execute("SELECT table_name FROM gpkg_contents").fetchone()
        found = dict(database.execute(f'SELECT id, "{what}" FROM "{table}"'))  # noqa: S608
    database.close()
    return found


def by_somebody_else(path, change):
    """Change a layer in another process, as another QGIS does."""
    code = f"""
        from osgeo import gdal, ogr
        data = gdal.OpenEx({path!r}, gdal.OF_VECTOR | gdal.OF_UPDATE)
        layer = data.GetLayer(0)
        for feature in layer:
            {change}
        del layer, data
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class Window:
    """A QGIS window with the panel, and hands to use it."""

    def __init__(self):
        from qgis.gui import QgsMapCanvas

        from landslip.review.panel import ReviewPanel

        self.window, self.canvas = QMainWindow(), QgsMapCanvas()
        self.window.setCentralWidget(self.canvas)
        self.canvas.setDestinationCrs(qgis_core.QgsCoordinateReferenceSystem(UTM))
        self.panel = ReviewPanel(self.canvas)
        self.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.panel)
        self.window.resize(1000, 700)
        self.window.show()
        QApplication.processEvents()

    def open(self, path, order="AS_GIVEN", only_unreviewed=True):
        layer = qgis_core.QgsVectorLayer(path, "inventory", "ogr")
        assert layer.isValid()
        qgis_core.QgsProject.instance().addMapLayer(layer)
        self.panel.layer.setLayer(layer)
        self.panel.only_unreviewed.setChecked(only_unreviewed)
        self.panel.start_button.click()
        return layer

    def press(self, keys, widget=None):
        for key in keys:
            QTest.keyClick(widget or self.canvas, key)

    @property
    def current(self):
        found = self.panel.review.stored
        return found and found.values["id"]

    @property
    def said(self):
        return self.panel.message.text()

    def click(self, title):
        (button,) = [b for b in self.panel.findChildren(QPushButton) if title in b.text()]
        button.click()

    def click_map(self, x, y, button=Qt.MouseButton.LeftButton):
        point = self.canvas.getCoordinateTransform().transform(x, y)
        place = QPoint(round(point.x()), round(point.y()))
        QTest.mouseClick(self.canvas.viewport(), button, Qt.KeyboardModifier.NoModifier, place)


@pytest.fixture
def window(plugin, monkeypatch):
    # Qt ends the process where an exception comes out of a slot, unless somebody takes it.
    faults = []
    monkeypatch.setattr(sys, "excepthook", lambda *fault: faults.append(fault))
    qgis_core.QgsSettings().setValue("landslip/reviewer", "Anna")
    made = Window()
    yield made
    made.panel.take_away()
    qgis_core.QgsProject.instance().clear()
    made.window.deleteLater()
    QApplication.processEvents()
    for _kind, fault, _trace in faults:
        raise fault


@pytest.fixture
def path(tmp_path):
    return inventory(tmp_path / "slides.gpkg")


# --- one outline after the other ---


def test_keys_write_verdicts_that_others_find_at_once(window, path):
    window.open(path)
    assert window.current == "LS_3"
    window.press("a")
    assert stored(path) == {"LS_1": None, "LS_2": None, "LS_3": "accepted", "LS_4": None}
    assert window.current == "LS_1"
    window.press("r")
    assert stored(path)["LS_1"] == "rejected"
    window.press("4t5")
    assert window.current == "LS_4"
    assert stored(path, "confidence")["LS_4"] == "confident"
    assert stored(path, "ls_type")["LS_4"] == "translational slide"
    assert stored(path)["LS_4"] is None
    window.press("f")
    assert window.current == "LS_2"
    window.press("a")
    assert window.current is None
    assert "last one" in window.panel.facts.text()
    assert window.panel.about.text().startswith("3 of 4 reviewed")
    window.press("arb")
    assert window.current == "LS_2"
    assert window.said == ""


def test_who_and_when(window, path):
    window.open(path)
    window.press("a")
    assert stored(path, "reviewer")["LS_3"] == "Anna"
    when = datetime.fromisoformat(stored(path, "reviewed_at")["LS_3"])
    assert abs((datetime.now(timezone.utc) - when).total_seconds()) < 600


def test_the_map_shows_the_outline_with_its_surroundings(window, path):
    window.open(path)
    middle = window.canvas.extent().center()
    assert (middle.x(), middle.y()) == pytest.approx((X + 2 * 200 + 50, Y + 50))
    assert window.canvas.extent().height() >= 300
    band = window.panel._band.asGeometry()
    assert band.area() == pytest.approx(100 * 100)


def test_keys_are_letters_in_a_text(window, path):
    window.open(path)
    window.press("n")
    assert window.panel.notes.hasFocus()
    window.press("area rutted 3", window.panel.notes)
    assert window.current == "LS_3"
    QTest.keyClick(window.panel.notes, Qt.Key.Key_Return)
    assert window.canvas.hasFocus()
    assert stored(path, "notes")["LS_3"] == "area rutted 3"
    assert stored(path)["LS_3"] is None


def test_notes_are_saved_while_one_types(window, path):
    window.open(path)
    window.press("n")
    window.press("crown cracks", window.panel.notes)
    window.panel._typing.timeout.emit()
    assert stored(path, "notes")["LS_3"] == "crown cracks"
    window.press(" seen", window.panel.notes)
    window.click("Accept")
    assert stored(path, "notes")["LS_3"] == "crown cracks seen"
    assert stored(path)["LS_3"] == "accepted"


def test_qgis_keeps_keys_with_ctrl_and_those_of_others(window, path):
    window.open(path)
    for modifier in (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier):
        QTest.keyClick(window.canvas, "a", modifier)
    window.press("xq9")
    assert set(stored(path).values()) == {None}


def test_shift_and_a_letter_are_the_vertex_tools(window, path):
    """It selects a range of vertices with Shift+R; digits need Shift on French keyboards."""
    window.open(path)
    QTest.keyClick(window.canvas, "R", Qt.KeyboardModifier.ShiftModifier)
    assert set(stored(path).values()) == {None}
    QTest.keyClick(window.canvas, "3", Qt.KeyboardModifier.ShiftModifier)
    assert stored(path, "confidence")["LS_3"] == "likely"


def test_keys_work_where_a_button_or_a_list_was_used_last(window, path):
    window.open(path)
    window.press("a", window.panel.confidence)
    window.press("r", window.panel.start_button)
    assert stored(path)["LS_3"] == "accepted"
    assert stored(path)["LS_1"] == "rejected"


def test_lists_write_too(window, path):
    window.open(path)
    window.panel.type.setCurrentIndex(window.panel.type.findData("flow"))
    window.panel.type.activated.emit(window.panel.type.currentIndex())
    assert stored(path, "ls_type")["LS_3"] == "flow"
    window.press("t0")
    assert stored(path, "ls_type")["LS_3"] is None


def test_without_a_review_keys_do_nothing(window, path):
    window.open(path)
    window.panel.stop()
    window.press("ar3")
    assert set(stored(path).values()) == {None}


def test_a_panel_behind_another_takes_no_keys(window, path):
    window.open(path)
    window.panel.hide()
    window.press("r")
    window.panel.show()
    QApplication.processEvents()
    window.press("a")
    assert stored(path) == {"LS_1": None, "LS_2": None, "LS_3": "accepted", "LS_4": None}


def test_a_panel_that_is_closed_takes_no_keys(window, path):
    layer = window.open(path)
    window.click("Smooth")
    window.panel.close()
    QApplication.processEvents()
    window.press("r")
    assert set(stored(path).values()) == {None, "edited"}  # what waited is saved
    assert not layer.isEditable()
    assert window.panel._band.asGeometry().isEmpty()


def test_reviewed_ones_are_left_out_or_not(window, tmp_path):
    status = ["accepted", "unreviewed", None, "rejected"]
    path = inventory(tmp_path / "a.gpkg", review_status=status)
    window.open(path)
    assert window.panel.review.session.place == (1, 2)
    window.panel.only_unreviewed.click()
    assert window.panel.review.session.place == (1, 4)
    assert window.panel.about.text() == "2 of 4 reviewed"


# --- undo ---


def test_undo_goes_back_verdict_by_verdict(window, path):
    window.open(path)
    window.press("3ar")
    window.press("u")
    assert window.current == "LS_1"
    assert stored(path)["LS_1"] is None
    assert stored(path, "reviewer")["LS_1"] is None
    window.press("u")
    assert (window.current, stored(path)["LS_3"]) == ("LS_3", None)
    assert stored(path, "confidence")["LS_3"] == "likely"
    window.press("u")
    assert stored(path, "confidence")["LS_3"] is None
    window.press("u")
    assert "nothing to undo" in window.said
    assert window.panel.about.text().startswith("0 of 4")


def test_undo_of_another_round_passes_nothing_over(window, path):
    window.open(path)
    window.press("a")
    window.panel.order.activated.emit(window.panel.order.currentIndex())  # begins anew
    assert window.current == "LS_1"
    window.press("u")
    assert window.current == "LS_3"
    window.press("r")
    assert window.current == "LS_1"


def test_undo_leaves_alone_what_another_has_changed_since(window, path):
    window.open(path)
    window.press("ar")
    by_somebody_else(path, "feature['review_status'] = 'edited'; layer.SetFeature(feature)")
    window.press("u")
    assert "changed or deleted" in window.said
    assert set(stored(path).values()) == {"edited"}


# --- edits of outlines ---


def geometry(layer, fid):
    return layer.getFeature(fid).geometry()


def test_an_edit_is_undone_by_qgis_and_saved_by_the_next_step(window, path):
    layer = window.open(path)
    window.press("e")
    assert stored(path)["LS_3"] == "edited"
    assert window.current == "LS_3"
    fid = window.panel.review.stored.fid
    assert layer.isEditable()  # for QGIS's vertex tool
    layer.beginEditCommand("move a vertex")
    layer.moveVertex(X + 400, Y + 200, fid, 1)
    layer.endEditCommand()
    assert window.panel._band.asGeometry().area() == pytest.approx(15000)
    layer.undoStack().undo()
    assert geometry(layer, fid).area() == pytest.approx(10000)
    layer.undoStack().redo()
    window.press("f")
    other = qgis_core.QgsVectorLayer(path, "again", "ogr")
    assert geometry(other, fid).area() == pytest.approx(15000)


def test_accepting_a_changed_outline_says_edited(window, path):
    layer = window.open(path)
    window.click("Smooth")
    fid = window.panel.review.stored.fid
    assert 8000 < geometry(layer, fid).area() < 10000
    window.press("a")
    assert stored(path)["LS_3"] == "edited"
    assert window.current == "LS_1"


def test_accepting_is_accepting_where_another_outline_was_changed(window, path):
    layer = window.open(path)
    ids = {feature["id"]: feature.id() for feature in layer.getFeatures()}
    layer.startEditing()
    layer.moveVertex(X + 10, Y + 10, ids["LS_1"], 0)
    window.press("a")
    assert stored(path)["LS_3"] == "accepted"


def test_split_along_a_drawn_line(window, path):
    layer = window.open(path)
    window.click("Split")
    left = X + 400
    window.click_map(left + 30, Y - 20)
    window.click_map(left + 30, Y + 120)
    window.click_map(left + 30, Y + 120, Qt.MouseButton.RightButton)
    assert "2 parts" in window.said
    areas = sorted(feature.geometry().area() for feature in layer.getFeatures())
    assert areas[0] == pytest.approx(3000, rel=0.1)
    assert sum(areas) == pytest.approx(40000)
    window.press("u")
    assert layer.featureCount() == 4
    window.panel._split([qgis_core.QgsPointXY(left + 30, Y + y) for y in (-20, 120)])
    window.press("f")
    found = stored(path)
    assert len(found) == 5  # each part has an id of its own
    assert sorted(map(str, found.values())) == ["None"] * 3 + ["edited"] * 2


def test_a_line_that_splits_nothing(window, path):
    layer = window.open(path)
    window.panel._split([qgis_core.QgsPointXY(X, Y - 50), qgis_core.QgsPointXY(X + 900, Y - 50)])
    assert "splits nothing" in window.said
    assert layer.featureCount() == 4
    assert not layer.isModified()


def test_merge_of_selected_outlines(window, tmp_path):
    wide = [square(0, 200), square(1, 200), square(2), square(3)]
    path = write_outlines(
        tmp_path / "a.gpkg", wide, id=list("abcd"), review_status=[None] * 4, prob_mean=[None] * 4
    )
    layer = window.open(path)
    window.click("Merge")
    assert "one outline to merge" in window.said
    ids = {feature["id"]: feature.id() for feature in layer.getFeatures()}
    layer.selectByIds([ids["a"], ids["c"]])
    window.click("Merge")
    assert "do not touch" in window.said
    assert layer.featureCount() == 4
    layer.selectByIds([ids["a"], ids["b"]])
    window.click("Merge")
    assert geometry(layer, ids["a"]).area() == pytest.approx(80000)
    window.press("f")
    assert stored(path) == {"a": "edited", "c": None, "d": None}
    assert window.current == "c"


def test_holes_are_filled(window, tmp_path):
    left = X
    ring = f"({left} {Y}, {left} {Y + 100}, {left + 100} {Y + 100}, {left + 100} {Y}, {left} {Y})"
    hole = ring.replace(str(left), str(left + 20)).replace(str(left + 100), str(left + 60))
    hole = hole.replace(f" {Y},", f" {Y + 20},").replace(f" {Y})", f" {Y + 20})")
    path = write_outlines(
        tmp_path / "a.gpkg", [f"POLYGON({ring}, {hole})"], id=["a"], review_status=[None]
    )
    layer = window.open(path)
    fid = window.panel.review.stored.fid
    assert geometry(layer, fid).area() < 10000
    window.click("Fill")
    assert geometry(layer, fid).area() == pytest.approx(10000)
    layer.undoStack().undo()
    assert geometry(layer, fid).area() < 10000


# --- files that say no ---


def test_missing_fields_are_offered(window, tmp_path):
    path = inventory(tmp_path / "a.gpkg", fields=())
    layer = window.open(path)
    assert window.panel.review is None
    assert not window.panel.start_button.isEnabled()
    assert not window.panel.add_fields_button.isHidden()
    window.panel.add_fields_button.click()
    assert window.panel.add_fields_button.isHidden()
    assert set(REVIEW_FIELDS) <= set(layer.fields().names())
    assert not layer.isEditable()
    window.panel.start_button.click()
    window.press("a")
    assert stored(path)["LS_3"] == "accepted"


@pytest.mark.parametrize("kind", ["integer", "string(4)"])
def test_a_status_that_takes_no_verdict(window, kind):
    definition = f"Polygon?crs={UTM}&field=review_status:{kind}"
    layer = qgis_core.QgsVectorLayer(definition, "layer", "memory")
    qgis_core.QgsProject.instance().addMapLayer(layer)
    window.panel.layer.setLayer(layer)
    window.panel.start_button.click()
    assert "expected text of 10 or more" in window.said
    assert window.panel.review is None


def test_numbers_in_other_columns_are_left_alone(window, tmp_path):
    path = inventory(tmp_path / "a.gpkg", confidence=[3, 4, 5, 5], reviewer=[7, 7, 7, 7])
    window.open(path)
    assert not window.panel.confidence.isEnabled()
    window.press("2a")
    assert window.said == ""
    assert stored(path)["LS_3"] == "accepted"
    assert stored(path, "confidence")["LS_3"] == 5
    assert stored(path, "reviewer")["LS_3"] == 7


def test_notes_that_the_column_cuts_are_told(window, tmp_path):
    path = inventory(tmp_path / "a.shp", fields=("review_sta", "notes"))
    window.open(path)
    window.press("n")
    window.press(250 * "x" + "cracks ", window.panel.notes)
    window.panel._typing.timeout.emit()
    assert "took 254 letters; the rest is lost: ks" in window.said
    assert len(window.panel.notes.text()) == 254
    window.press("b")
    assert window.said == ""


def test_a_status_that_is_taken_away_meanwhile(window, path):
    layer = window.open(path)
    layer.startEditing()
    layer.deleteAttribute(layer.fields().indexOf("review_status"))
    layer.commitChanges()
    window.press("a")
    assert "has no column review_status" in window.said
    assert window.current == "LS_3"


def test_what_is_no_number_is_no_change_by_somebody_else(window):
    fields = "field=id:string&field=review_status:string&field=h_l:double"
    layer = qgis_core.QgsVectorLayer(f"Polygon?crs={UTM}&{fields}", "others", "memory")
    feature = qgis_core.QgsFeature(layer.fields())
    feature.setGeometry(qgis_core.QgsGeometry.fromWkt(square(0)))
    feature.setAttributes(["a", None, float("nan")])
    layer.dataProvider().addFeatures([feature])
    qgis_core.QgsProject.instance().addMapLayer(layer)
    window.panel.layer.setLayer(layer)
    window.panel.start_button.click()
    window.press("a")
    assert [each["review_status"] for each in layer.getFeatures()] == ["accepted"]


def test_a_shapefile_keeps_ten_letters(window, tmp_path):
    path = inventory(tmp_path / "a.shp", fields=())
    window.open(path)
    window.panel.add_fields_button.click()
    window.panel.start_button.click()
    window.press("a")
    assert window.said == ""
    window.panel.stop()
    values = {
        feature["id"]: (feature["review_sta"], feature["reviewer"])
        for feature in qgis_core.QgsVectorLayer(path, "again", "ogr").getFeatures()
    }
    assert values["LS_3"] == ("accepted", "Anna")


def test_a_file_that_is_read_only(window, path, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "slides.gpkg")
    window.open(f"/vsizip/{tmp_path}/a.zip/slides.gpkg")
    assert "read-only" in window.said
    assert window.panel.review is None


def test_a_layer_with_edits_that_are_not_saved(window, path):
    layer = window.open(path)
    window.panel.stop()
    layer.startEditing()
    layer.deleteFeature(1)
    window.panel.start_button.click()
    assert "not saved" in window.said
    layer.rollBack()


def test_a_locked_file_loses_nothing(window, path, monkeypatch):
    monkeypatch.setenv("SQLITE_BUSY_TIMEOUT", "50")
    window.open(path)
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    window.press("a")
    assert "took nothing" in window.said
    assert "locked" in window.said
    assert window.current == "LS_3"
    lock.execute("ROLLBACK")
    lock.close()
    assert set(stored(path).values()) == {None}
    window.press("a")
    assert stored(path)["LS_3"] == "accepted"
    assert window.current == "LS_1"


def test_notes_that_could_not_be_saved_stay_to_be_saved(window, path, monkeypatch):
    monkeypatch.setenv("SQLITE_BUSY_TIMEOUT", "50")
    window.open(path)
    window.press("n")
    window.press("long text", window.panel.notes)
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    window.panel._typing.timeout.emit()
    assert "took nothing" in window.said
    window.press("f")
    assert (window.current, window.panel.notes.text()) == ("LS_3", "long text")
    lock.execute("ROLLBACK")
    lock.close()
    window.press("f")
    assert stored(path, "notes")["LS_3"] == "long text"
    assert (window.current, window.panel.notes.text()) == ("LS_1", "")


def test_what_another_wrote_is_told_and_not_overwritten(window, path):
    window.open(path)
    window.press("a")
    window.press("b")
    by_somebody_else(path, "feature['review_status'] = 'rejected'; layer.SetFeature(feature)")
    window.press("a")
    assert "review_status is rejected (was accepted)" in window.said
    assert stored(path)["LS_3"] == "rejected"
    assert window.current == "LS_3"
    assert "rejected" in window.panel.facts.text()
    window.press("a")  # told, and still meant
    assert stored(path)["LS_3"] == "accepted"


def test_what_is_decided_elsewhere_does_not_come_up(window, path):
    layer = window.open(path)
    ids = {feature["id"]: feature.id() for feature in layer.getFeatures()}
    status = layer.fields().indexOf("review_status")
    layer.startEditing()
    layer.changeAttributeValue(ids["LS_1"], status, "rejected")  # in QGIS's form
    layer.commitChanges(False)
    by_somebody_else(
        path,
        "feature['id'] == 'LS_4' and (feature.SetField('review_status', 'accepted'),"
        " layer.SetFeature(feature))",
    )
    window.press("a")
    assert window.current == "LS_2"
    assert window.panel.about.text().startswith("3 of 4 reviewed")


def test_an_outline_that_another_moved_or_deleted(window, path):
    window.open(path)
    move = "feature.SetGeometry(feature.GetGeometryRef().Buffer(5)); layer.SetFeature(feature)"
    by_somebody_else(path, move)
    window.press("r")
    assert "its outline is another one" in window.said
    by_somebody_else(path, "feature['id'] == 'LS_3' and layer.DeleteFeature(feature.GetFID())")
    window.press("r")
    assert "deleted this outline" in window.said
    window.press("f")
    assert window.current == "LS_1"
    assert window.panel.about.text().startswith("0 of 3 reviewed")


DELETE = "feature['id'] == 'LS_3' and layer.DeleteFeature(feature.GetFID())"


def test_notes_of_a_deleted_outline_hold_nobody_up(window, path):
    window.open(path)
    window.press("n")
    window.press("crown cracks", window.panel.notes)
    by_somebody_else(path, DELETE)
    window.press("f")
    assert "deleted this outline" in window.said
    window.press("f")
    assert window.current == "LS_1"
    assert window.panel.notes.text() == ""
    assert set(stored(path, "notes").values()) == {None}


def test_edits_of_a_deleted_outline_are_taken_back(window, path):
    layer = window.open(path)
    window.click("Smooth")
    by_somebody_else(path, DELETE)
    window.press("f")
    assert "Take your edits back with U" in window.said
    window.press("uf")
    assert window.current == "LS_1"
    assert not layer.isModified()


def test_saving_with_qgis_is_no_conflict(window, path):
    layer = window.open(path)
    window.press("e")
    fid = window.panel.review.stored.fid
    layer.moveVertex(X + 400, Y + 200, fid, 1)
    layer.commitChanges(False)  # its Save button
    window.press("a")
    assert window.said == ""
    assert window.current == "LS_1"


def test_saving_another_outline_hides_no_conflict(window, path):
    layer = window.open(path)
    ids = {feature["id"]: feature.id() for feature in layer.getFeatures()}
    by_somebody_else(path, "feature['notes'] = 'mine'; layer.SetFeature(feature)")
    layer.startEditing()
    layer.changeAttributeValue(ids["LS_2"], layer.fields().indexOf("notes"), "in the table")
    layer.commitChanges(False)
    window.press("a")
    assert "notes is mine (was empty)" in window.said
    assert stored(path)["LS_3"] is None


def test_a_layer_that_is_taken_out_of_the_project(window, path):
    layer = window.open(path)
    window.press("a")
    qgis_core.QgsProject.instance().removeMapLayer(layer.id())
    window.press("a")
    assert window.panel.review is None
    assert window.panel.stop()


KILLED = """
import os, signal, sys
from landslip.demo.session import landslip_in_qgis
from landslip.tests.qgis.test_review_panel import Window

with landslip_in_qgis():
    window = Window()
    window.open({path!r})
    window.press("a5r")
    window.press("n")
    window.press("half a note", window.panel.notes)
    window.panel._typing.timeout.emit()
    window.press("more", window.panel.notes)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_crash_loses_nothing_that_was_decided(path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(path=path)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    assert stored(path) == {"LS_1": "rejected", "LS_2": None, "LS_3": "accepted", "LS_4": None}
    assert stored(path, "confidence")["LS_1"] == "high"
    assert stored(path, "notes")["LS_4"] == "half a note"


# --- images and probabilities ---


def raster(window, tmp_path, name, values=None):
    values = np.zeros((40, 120), np.float32) if values is None else values
    file = write_raster(tmp_path / f"{name}.tif", values, origin=(X - 100, Y + 200))
    layer = qgis_core.QgsRasterLayer(file, name)
    qgis_core.QgsProject.instance().addMapLayer(layer)
    getattr(window.panel, name).setLayer(layer)
    return layer


@pytest.mark.parametrize("names", [("before", "after"), ("after", "before")])
def test_blinking_changes_between_before_and_after(window, path, tmp_path, names):
    window.open(path)
    window.press("i")
    assert "Choose the image" in window.said
    root = qgis_core.QgsProject.instance().layerTreeRoot()
    below, above = names
    nodes = {name: root.findLayer(raster(window, tmp_path, name)) for name in (below, above)}
    seen = [["before", "after"].index(above)]  # each comes on top of those that are there
    for _ in range(3):
        window.press("i")
        visible = [nodes[name].isVisible() for name in ("before", "after")]
        assert sum(visible) == 1
        seen.append(visible.index(True))
    assert seen in ([0, 1, 0, 1], [1, 0, 1, 0])
    assert set(stored(path).values()) == {None}


@pytest.fixture
def probability():
    """Probabilities with one landslide of 10 x 6 pixels at 0.4 and one of 4 x 4 at 0.8."""
    values = np.full((40, 120), 0.02, np.float32)
    values[5:11, 10:20] = 0.4
    values[20:24, 60:64] = 0.8
    values[39, :] = np.nan
    return values


def test_live_outlines_of_the_visible_part(window, path, tmp_path, probability):
    from landslip.review.probability import live_outlines

    window.open(path)
    layer = raster(window, tmp_path, "probability", probability)
    window.panel.live.setChecked(True)
    window.canvas.setExtent(layer.extent())
    for threshold, count in ((0.9, 0), (0.5, 1), (0.3, 2)):
        window.panel.slider.setValue(round(100 * threshold))
        window.panel._moving.timeout.emit()
        drawn = window.panel._live.asGeometry()
        assert len([part for part in drawn.parts() if part.length()]) == count
    everything = live_outlines(layer, layer.extent(), 0.3)
    assert everything.length() == pytest.approx(10 * (2 * 16 + 2 * 8))
    box = everything.boundingBox()
    assert (box.xMinimum(), box.yMaximum()) == (X - 100 + 100, Y + 200 - 50)
    half = qgis_core.QgsRectangle(X - 100, Y - 200, X + 200, Y + 200)
    assert live_outlines(layer, half, 0.3).length() == pytest.approx(10 * 2 * 16)
    away = qgis_core.QgsRectangle(0, 0, 10, 10)
    assert live_outlines(layer, away, 0.3).isEmpty()


def test_a_large_view_is_read_coarser(window, tmp_path):
    from landslip.review.probability import live_outlines, read_view

    values = np.zeros((1300, 2600), np.float32)
    values[200:600, 300:1300] = 0.9
    layer = raster(window, tmp_path, "probability", values)
    assert read_view(layer, layer.extent()).values.shape == (250, 500)
    outline = live_outlines(layer, layer.extent(), 0.5)
    assert outline.length() == pytest.approx(10 * 2 * 1400, rel=0.01)


def test_a_missed_landslide_is_added_by_a_click_and_taken_back(window, path, tmp_path, probability):
    layer = window.open(path)
    raster(window, tmp_path, "probability", probability)
    window.canvas.setExtent(qgis_core.QgsRectangle(X - 100, Y - 200, X + 1100, Y + 200))
    window.click("Add a missed")
    window.click_map(X - 100 + 155, Y + 200 - 75)
    assert "Added and accepted" in window.said
    (found,) = set(stored(path)) - {"LS_1", "LS_2", "LS_3", "LS_4"}
    assert found.startswith("LS_42.")
    assert stored(path)[found] == "accepted"
    assert stored(path, "reviewer")[found] == "Anna"
    (added,) = [feature for feature in layer.getFeatures() if feature["id"] == found]
    assert added.geometry().area() == pytest.approx(50 * 100)  # ten pixels are LS_1's
    box = added.geometry().boundingBox()
    assert (box.xMinimum(), box.yMaximum()) == (X, Y + 150)
    window.click_map(X + 600, Y - 199)  # no data
    assert "below 0.02" in window.said
    window.press("u")
    assert found not in stored(path)


def test_a_missed_landslide_leaves_its_neighbours_alone(window, tmp_path, probability):
    """The outline of the first half of it is there; what is added is the other half."""
    corners = ((0, 150), (0, 90), (50, 90), (50, 150), (0, 150))
    half = f"POLYGON(({', '.join(f'{X + x} {Y + y}' for x, y in corners)}))"
    path = write_outlines(
        tmp_path / "a.gpkg", [half, square(5)], id=["a", "b"], review_status=[None, None]
    )
    layer = window.open(path)
    raster(window, tmp_path, "probability", probability)
    window.panel._add_missed(qgis_core.QgsPointXY(X + 25, Y + 120))
    assert "already" in window.said
    window.panel._add_missed(qgis_core.QgsPointXY(X + 75, Y + 120))
    (added,) = [f for f in layer.getFeatures() if f["id"] not in ("a", "b")]
    assert added.geometry().area() == pytest.approx(30 * 100)
    window.press("u")
    window.press("r")  # the half is no landslide after all
    window.panel._add_missed(qgis_core.QgsPointXY(X + 25, Y + 120))
    (added,) = [f for f in layer.getFeatures() if f["id"] not in ("a", "b")]
    assert added.geometry().area() == pytest.approx(60 * 100)


def test_a_missed_landslide_beside_curves(window, tmp_path, probability):
    raster(window, tmp_path, "probability", probability)
    fields = "field=id:string&field=review_status:string"
    layer = qgis_core.QgsVectorLayer(f"CurvePolygon?crs={UTM}&{fields}", "others", "memory")
    feature = qgis_core.QgsFeature(layer.fields())
    ring = ", ".join(f"{X + x} {Y + y}" for x, y in ((0, 150), (5, 155), (10, 150), (5, 145)))
    circle = f"CURVEPOLYGON(CIRCULARSTRING({ring}, {X} {Y + 150}))"
    feature.setGeometry(qgis_core.QgsGeometry.fromWkt(circle))
    layer.dataProvider().addFeatures([feature])
    qgis_core.QgsProject.instance().addMapLayer(layer)
    window.panel.layer.setLayer(layer)
    window.panel.start_button.click()
    window.panel._add_missed(qgis_core.QgsPointXY(X + 75, Y + 120))
    assert "Added and accepted" in window.said
    assert layer.featureCount() == 2


def test_apply_opens_the_dialog_with_the_threshold(window, tmp_path, probability, monkeypatch):
    import processing

    layer = raster(window, tmp_path, "probability", probability)
    opened = []

    class Dialog:
        def show(self):
            opened.append("shown")

    def create(algorithm, values):
        opened.append((algorithm, values))
        return Dialog()

    monkeypatch.setattr(processing, "createAlgorithmDialog", create)
    window.panel.slider.setValue(37)
    window.click("Apply")
    values = {"INPUT": layer.id(), "THRESHOLD": 0.37}
    assert opened == [("landslip:vectoriseprobability", values), "shown"]


# --- many ---


@pytest.mark.parametrize("count", [3000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_outlines_are_read_without_their_shapes(window, tmp_path, monkeypatch, count):
    path = inventory(tmp_path / "many.gpkg", count=count)
    requests = []
    original = qgis_core.QgsVectorLayer.getFeatures

    def spy(layer, request=None):
        requests.append(request)
        return original(layer, request) if request is not None else original(layer)

    monkeypatch.setattr(qgis_core.QgsVectorLayer, "getFeatures", spy)
    window.open(path)
    (request,) = requests
    assert request.flags() & qgis_core.QgsFeatureRequest.NoGeometry
    assert len(request.subsetOfAttributes()) == 3
    window.press("ara")
    assert len(requests) == 1
    assert window.panel.about.text().startswith(f"3 of {count:,} reviewed")


# --- the plugin ---


class Iface:
    """As much of QGIS's window as the plugin asks for."""

    def __init__(self):
        from qgis.gui import QgsMapCanvas

        self.window, self.canvas = QMainWindow(), QgsMapCanvas()
        self.menu, self.toolbar, self.docks = [], [], []

    def mainWindow(self):  # noqa: N802 - QGIS's names from here on
        return self.window

    def mapCanvas(self):  # noqa: N802
        return self.canvas

    def addPluginToMenu(self, _name, action):  # noqa: N802
        self.menu.append(action)

    def removePluginMenu(self, _name, action):  # noqa: N802
        self.menu.remove(action)

    def addToolBarIcon(self, action):  # noqa: N802
        self.toolbar.append(action)

    def removeToolBarIcon(self, action):  # noqa: N802
        self.toolbar.remove(action)

    def addDockWidget(self, area, dock):  # noqa: N802
        self.docks.append(dock)
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):  # noqa: N802
        self.docks.remove(dock)


def test_the_plugin_adds_the_panel_and_takes_it_away(plugin):
    from landslip.review.entry import ReviewEntry

    iface = Iface()
    entry = ReviewEntry(iface)
    (action,) = iface.menu
    assert iface.toolbar == [action]
    assert iface.docks == []  # made when it is asked for
    iface.window.show()
    action.trigger()
    (panel,) = iface.docks
    QApplication.processEvents()
    assert panel.isUserVisible()
    action.trigger()
    assert not panel.isUserVisible()
    action.trigger()
    assert len(iface.docks) == 1
    entry.remove()
    assert iface.menu == iface.toolbar == iface.docks == []


def test_a_fault_of_the_panel_leaves_processing_whole(plugin, monkeypatch):
    import landslip

    told = []
    messages = qgis_core.QgsApplication.messageLog()
    messages.messageReceived[str, str, qgis_core.Qgis.MessageLevel].connect(
        lambda text, *_: told.append(text)
    )
    broken = landslip.classFactory(object())  # no window of QGIS at all
    monkeypatch.setattr(broken, "initProcessing", lambda: told.append("provider"))
    broken.initGui()
    assert told[0] == "provider"
    assert any("review panel cannot be opened" in text for text in told)
