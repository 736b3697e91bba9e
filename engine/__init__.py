"""The whole job in numpy: stack, tiles, inference, raster, polygons. No QGIS and no torch here."""
