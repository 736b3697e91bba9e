"""Which ground an image shows, and what changed on it between images.

In: images (products or stacks), a DEM, outlines. Out: classes of ground, evidence of change and
dates for each outline. Imports `common`, `raster`, `inventory`, `stack`, `products`, `preparation`
and `outlines`.
"""
