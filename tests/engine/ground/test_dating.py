"""Dates of made landslides from made series: seasons, clouds, snow, shifts, and wrong input."""

import shutil
from datetime import date, timedelta

import numpy as np
import pytest

from landslip.engine.common.errors import Cancelled, ParameterError
from landslip.engine.ground.change_point import ALL_BARE, DATED, NEVER_BARE
from landslip.engine.ground.dating import DatingRequest, date_landslides, image_day
from landslip.engine.ground.image import ImageSource
from landslip.engine.inventory.compared import DATING_FIELDS
from landslip.sample.scene import SceneRequest, write_scene
from landslip.sample.series import Day, joined, make_pair
from landslip.sample.series import seen as seen_on
from landslip.tests.engine.ground.conftest import outlines, places_of

LIKE = ImageSource(path="", flat_slope=0)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Images of two years, their paths by date; the outlines; and the day each of them slid.

    One third slides in May 2018, one in September, and one was there before.
    """
    folder = tmp_path_factory.mktemp("series")
    before, after = make_pair(SceneRequest(size=256, seed=21))
    table = outlines(after)
    places = places_of(table, after)
    events = [
        (date(2018, 5, 20), date(2018, 9, 6), date(2000, 1, 1))[i % 3] for i in range(len(places))
    ]
    paths = []
    for number in range(16):
        day = date(2018, 2, 10) + timedelta(days=40 * number)
        slid = np.zeros(after.truth.shape, bool)
        for place, event in zip(places, events):
            slid |= place & (event <= day)
        scene = joined(before, after, slid)
        summer = 0.5 - 0.5 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 20) / 365)
        weather = Day(
            cloud=(0.0, 0.3, 0.1, 0.0)[number % 4],
            snow=0.5 if day.month in (12, 1, 2) else 0.0,
            leaves=float(np.clip(2 * summer - 0.4, 0, 1)),
            seed=number,
        )
        stack = write_scene(seen_on(scene, weather).scene, folder / str(number))["stack"]
        paths.append(str(shutil.copy(stack, folder / f"scene_{day:%Y%m%d}.tif")))
    return paths, table, events


def run(table, paths, dates="", **hooks):
    return date_landslides(table, DatingRequest.of(paths, dates, LIKE), **hooks)


def test_made_landslides_get_dates_that_hold_the_day(series):
    paths, table, events = series
    told = []
    found = run(table, paths, warn=told.append)
    rows = [record.values for record in found.records]
    assert list(found.columns)[-4:] == [field.name for field in DATING_FIELDS]
    right, dated, widths = 0, 0, []
    old = [row for row, event in zip(rows, events) if event.year == 2000]
    assert np.mean([row["date_note"] == ALL_BARE for row in old]) > 0.7
    assert all(row["date_min"] is None for row in old if row["date_note"] == ALL_BARE)
    for row, event in zip(rows, events):
        if event.year == 2000 or row["date_note"] != DATED:
            continue
        dated += 1
        right += row["date_min"] < event.isoformat() <= row["date_max"]
        first, last = (date.fromisoformat(row[name]) for name in ("date_min", "date_max"))
        widths.append((last - first).days)
        assert 0.6 <= row["date_conf"] <= 1
    fresh = sum(event.year > 2000 for event in events)
    assert dated > 0.7 * fresh
    assert right / dated > 0.9
    assert np.median(widths) <= 160  # images are 40 days apart, a third of them cloudy or wintry


def test_the_order_of_the_images_and_blocks_make_no_difference(series):
    paths, table, _ = series
    some = paths[::3]
    one = run(table, some).records
    other = run(table, some[::-1]).records
    parts = date_landslides(
        table, DatingRequest(tuple(ImageSource(p, flat_slope=0) for p in some), block=70)
    ).records
    assert [r.values["date_max"] for r in one] == [r.values["date_max"] for r in other]
    assert [r.values["date_max"] for r in one] == [r.values["date_max"] for r in parts]


def test_before_anything_slid_nothing_is_bare(series):
    paths, table, events = series
    found = run(table, paths[2:6])  # May to August 2018
    rows = [r.values for r, event in zip(found.records, events) if event == date(2018, 9, 6)]
    notes = [row["date_note"] for row in rows]
    assert notes.count(DATED) <= 0.1 * len(notes)
    assert notes.count(NEVER_BARE) > 0.5 * len(notes)
    assert all(row["date_min"] is None for row in rows if row["date_note"] == NEVER_BARE)


def test_dates_that_are_given_count(series, tmp_path):
    paths, table, _ = series
    shutil.copy(paths[3], tmp_path / "a.tif")
    shutil.copy(paths[9], tmp_path / "b.tif")
    undated = [str(tmp_path / "a.tif"), str(tmp_path / "b.tif")]
    found = run(table, undated, "2001-01-01, 2002-02-02")
    days = {r.values["date_max"] for r in found.records} - {None}
    assert days <= {"2001-01-01", "2002-02-02"}
    with pytest.raises(ParameterError, match=r"date of .*a\.tif.* is not known"):
        run(table, undated)
    with pytest.raises(ParameterError, match="3 dates were given for 2 images"):
        run(table, undated, "2001-01-01,2002-02-02,2003-03-03")
    with pytest.raises(ParameterError, match="expected a day"):
        run(table, undated, "2001,2002-02-02")


def test_days_in_names(series, tmp_path):
    for name, day in (
        ("x_2018-09-11_y.tif", "2018-09-11"),
        ("S2A_MSIL1C_20180629T000241_N0206.tif", "2018-06-29"),
        ("20191345_20190102.tif", "2019-01-02"),
        ("scene12.tif", ""),
    ):
        path = shutil.copy(series[0][0], tmp_path / name)
        assert image_day(ImageSource(str(path))) == day


def test_what_cannot_be_dated_is_refused_with_a_sentence(series):
    paths, table, _ = series
    with pytest.raises(ParameterError, match="1 image was given; expected at least 2"):
        run(table, paths[:1])
    with pytest.raises(Cancelled):
        run(table, paths[:2], cancelled=lambda: True)


def test_an_image_of_another_place_is_left_out(series, tmp_path):
    from landslip.tests.support import write_raster

    paths, table, _ = series
    far = write_raster(
        tmp_path / "far_20180606.tif",
        np.random.default_rng(0).integers(500, 1500, (3, 80, 80)).astype(np.uint16),
        names=["B02", "B03", "B04"],
        origin=(300000.0, 4000000.0),
    )
    told = []
    found = run(table, [*paths[:4], far], warn=told.append)
    assert any("is left out" in text for text in told)
    assert len(found.records) == len(table.records)
