"""The whole job in numpy: downloads, stacks, inference, polygons, reports. No QGIS and no torch.

Rooms, in the order in which data go through them; each imports only from those before it:
`common`, `raster`, `inventory`, `stack`, `products`, `models`, `preparation`, `catalogue`,
`outlines`, `detection`, `assessment`, `setup`. The docstring of each says what comes in and what
goes out.
"""
