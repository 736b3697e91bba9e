import numpy as np

from landslip.engine.assessment.shade_recall import by_aspect, by_illumination, score_table


def test_every_known_pixel_counts_in_its_class_once():
    light = np.array([0.1, 0.45, 0.45, 1.0, -1.0, np.nan])
    truth = np.array([True, True, False, True, False, True])
    detected = np.array([False, True, True, True, False, True])
    judged = np.array([True, True, True, True, True, True])
    rows = {row.name: row for row in by_illumination(detected, truth, judged, light)}
    assert sum(row.pixels for row in rows.values()) == 5
    assert rows["-1 to 0.2"].score.recall == 0
    assert rows["0.4 to 0.5"].score.precision == 0.5
    assert rows["0.9 to 1"].score.recall == 1
    assert "| 0.4 to 0.5 | 2 | 1 | 0.50 | 1.00 | 0.67 |" in score_table([*rows.values()], "light")


def test_aspect_is_where_the_land_falls_to():
    # Land that rises to the south falls to the north; level land faces nowhere.
    east, north = np.array([0.0, 0.0, -1.0, 0.02, 0.0, np.nan]), np.array([-1.0, 1, 0, -1, 0, 0])
    all_true = np.ones(6, bool)
    rows = {r.name: r.pixels for r in by_aspect(all_true, all_true, all_true, east, north)}
    assert rows == {"N": 2, "NE": 0, "E": 1, "SE": 0, "S": 1, "SW": 0, "W": 0, "NW": 0}
