"""A model made to fit a place: from a model and labels of one's own to a new model and a judgement.

Comes in: a stack, an ONNX model, and what people said of outlines. Goes out: an ONNX model with
another last layer, whether it is better on ground that took no part, and a report. The method
``quick`` needs no PyTorch.
"""
