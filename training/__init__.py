"""Networks, losses, the training loop and the export to ONNX. The only floor that knows torch.

It runs outside of QGIS, on Python 3.11 or newer; `python -m landslip.training --help` is its door.
"""
