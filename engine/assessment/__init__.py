"""How good a detection is and what an inventory says: scores, statistics, reports, review sheets.

In: inventories and rasters. Out: numbers and pages. Imports `common`, `raster`, `inventory`,
`stack`, `models` and `outlines`.
"""
