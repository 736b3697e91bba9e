"""What can be chosen where a network is trained, for dialogs and help that work without PyTorch."""

from __future__ import annotations

#: What trains: ``auto`` is the CUDA graphics card where there is one, else the processor.
TRAINING_DEVICES = ("auto", "cpu", "cuda", "mps")
#: How pseudo-labels are chosen: beyond a probability, or the surest share of each class.
SELECTIONS = ("threshold", "share")
