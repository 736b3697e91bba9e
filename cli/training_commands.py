"""The commands that train a model further, and need PyTorch."""

from __future__ import annotations

from ..engine.adaptation.labels import labels_if_any
from ..engine.common.dependencies import require_pytorch
from ..engine.inventory.polygons import Outlines
from ..engine.preparation.model_choice import detection_model
from .inventory_reader import read_inventory
from .listeners import Listeners, Values


def self_train(values: Values, listeners: Listeners) -> Values:
    """Train a model on its own sure answers."""
    require_pytorch()
    from ..training.self_train import SelfTrainRequest, self_train

    known, area = (
        read_inventory(values[name], listeners) if values[name] else None
        for name in ("LABELS", "AREA")
    )
    labels = labels_if_any(known, Outlines.of(area) if area else None)
    mapping = values["BAND_MAPPING"] or ""
    request = SelfTrainRequest(
        stack=values["INPUT"],
        model=detection_model(
            values["MODEL"], values["INPUT"], False, values["DEM"] or "", mapping
        ),
        output=values["OUTPUT"],
        dem=values["DEM"],
        rounds=values["ROUNDS"],
        selection=values["SELECTION"],
        sure=values["SURE"],
        share=values["SHARE"],
        method=values["METHOD"],
        steps=values["STEPS"],
        labels=labels,
        force=values["FORCE"],
        band_mapping=mapping,
        device=values["DEVICE"],
        threads=values["THREADS"],
        seed=values["SEED"],
    )
    found = self_train(request, listeners.progress, listeners.cancelled, listeners.warn)
    better = found.verdict is not None and found.verdict.better
    (listeners.say if better else listeners.warn)(found.sentence())
    used = request.output if found.written else request.model
    return {"OUTPUT": used, "WRITTEN": found.written, **found.numbers()}


def pretrain_encoder(values: Values, listeners: Listeners) -> Values:
    """Train the encoder of a model on scenes without labels."""
    require_pytorch()
    from ..training.pretrain_encoder import EncoderRequest, pretrain_encoder

    stacks = tuple(dict.fromkeys(values["INPUT"] or ()))
    mapping, dem = values["BAND_MAPPING"] or "", values["DEM"] or ""
    request = EncoderRequest(
        stacks=stacks,
        model=detection_model(values["MODEL"], stacks[0], False, dem, mapping),
        output=values["OUTPUT"],
        dem=values["DEM"],
        steps=values["STEPS"],
        batch=values["BATCH"],
        learning_rate=values["LEARNING_RATE"],
        prototypes=values["PROTOTYPES"],
        band_mapping=mapping,
        device=values["DEVICE"],
        threads=values["THREADS"],
        seed=values["SEED"],
    )
    found = pretrain_encoder(request, listeners.progress, listeners.cancelled, listeners.warn)
    listeners.warn(found.sentence())
    return {"OUTPUT": request.output, "LOSS": found.loss, "USAGE": found.usage}
