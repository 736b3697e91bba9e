"""Downloads: products of Sentinel-2, folders of band files, and the masks that come with them.

In: a `.SAFE` folder, a zip, a folder. Out: where bands and masks are, and what their numbers mean.
Imports `common`, `raster` and `stack`.
"""
