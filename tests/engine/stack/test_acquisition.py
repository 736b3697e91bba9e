"""When an image was taken, by its tags and names."""

import pytest

from landslip.engine.inventory.event import EventFacts
from landslip.engine.stack.acquisition import image_facts

L2A = "S2A_MSIL2A_20180925T012701_N0500_R074_T54TXN_20230715T000000.SAFE"
TIME = "2018-09-25T01:27:01Z"


@pytest.mark.parametrize(
    ("tags", "names", "date"),
    [
        ({"ACQUISITION_DATE": TIME}, [], TIME),
        ({"ACQUISITION_DATE": "2018-09-26", "PRODUCT_ID": L2A}, [], "2018-09-26"),
        ({"ACQUISITION_DATE": "unknown", "PRODUCT_ID": L2A}, [], TIME),
        ({}, ["", L2A], TIME),
        ({}, ["T54TXN_20180925T012701_B02_10m.jp2"], TIME),
        ({}, ["LC08_L1TP_107030_20180925_20200831_02_T1"], "2018-09-25"),
        ({}, ["S2A_MSIL2A_20189925T012701_N0500"], ""),
        ({}, ["stack_20180925.tif"], ""),  # that may be any day
        ({"TIFFTAG_DATETIME": "2018:09:25 01:27:01"}, [], "2018-09-25T01:27:01"),
        ({"TIFFTAG_DATETIME": "2018:09:27 01:27:01"}, [L2A], TIME),
        ({"TIFFTAG_DATETIME": "0000:00:00 00:00:00"}, [], ""),
        ({}, [], ""),
    ],
)
def test_date_of_an_image(tags, names, date):
    assert image_facts(tags, names) == EventFacts(image_date=date)


def test_date_of_the_image_before():
    tags = {"PRE_EVENT_ACQUISITION_DATE": "2018-08-28T01:27:01Z"}
    assert image_facts(tags).pre_date == "2018-08-28T01:27:01Z"
