"""Rasters: grids, windows, reading, resampling, writing; elevation and what follows from it.

In: files. Out: arrays on a grid, and GeoTIFFs. Imports `common`.
"""
