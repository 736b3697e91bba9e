"""Stacks: bands found by name, read in physical units, sampled, and checked for what they claim.

In: one raster and a DEM. Out: arrays by band, statistics of a scene, its sun, sentences of doubt.
Imports `common` and `raster`.
"""
