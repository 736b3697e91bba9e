"""From a probability raster to landslides: components, outlines, and what is measured of each.

In: the raster, and a DEM. Out: landslides of `inventory`. Imports `common`, `raster`, `inventory`
and `models`.
"""
