"""The QGIS floor: parameters to plain values, one engine call, outputs. One file an algorithm."""

from __future__ import annotations

from .adapt_model import AdaptModel
from .apply_review import ApplyReview
from .assess_inventory import AssessInventory
from .assessability import AssessabilityAlgorithm
from .change_evidence import ChangeEvidence
from .date_landslides import DateLandslides
from .detect_event import DetectEvent
from .detect_landslides import DetectLandslides
from .event_reports import EventReports
from .export_inventory import ExportInventory
from .fetch_scene import FetchScene
from .find_scenes import FindScenes
from .inventory_statistics import InventoryStatisticsAlgorithm
from .manage_models import ManageModels
from .measure_inventory import MeasureInventory
from .prepare_stack import PrepareStack
from .pretrain_encoder import PretrainEncoder
from .review_sheet import ReviewSheet
from .sample_scene import SampleScene
from .self_train import SelfTrain
from .set_up import SetUp
from .suggest_review import SuggestReview
from .update_inventory import UpdateInventory
from .validate_inventory import ValidateInventory
from .vectorise_probability import VectoriseProbability

ALGORITHMS = (
    SetUp,
    SampleScene,
    FindScenes,
    FetchScene,
    PrepareStack,
    AssessabilityAlgorithm,
    DetectEvent,
    DetectLandslides,
    VectoriseProbability,
    MeasureInventory,
    ChangeEvidence,
    DateLandslides,
    AssessInventory,
    InventoryStatisticsAlgorithm,
    ReviewSheet,
    ApplyReview,
    SuggestReview,
    EventReports,
    AdaptModel,
    SelfTrain,
    PretrainEncoder,
    ManageModels,
    UpdateInventory,
    ValidateInventory,
    ExportInventory,
)
