"""Models: their cards, the devices that run them, patches joined to a probability raster.

In: ONNX files and patches. Out: probabilities, and the raster that keeps them. Imports `common`,
`raster` and `stack`.
"""
