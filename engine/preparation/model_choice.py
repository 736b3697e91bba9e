"""Which models run on an image, and for which one a stack is made, by the name that users give."""

from __future__ import annotations

from collections.abc import Sequence

from ..models.zoo import AUTO, model_path
from ..products.product import open_products
from ..stack.reader import open_stack
from .band_choice import all_bands, model_bands


def detection_model(
    name: str, image: str, is_product: bool, dem: str = "", band_mapping: str = ""
) -> str:
    """The file of the model that runs on an image; for `AUTO`, of the best for its bands.

    Args:
        name: Name of a shipped model, path of an .onnx file, or `AUTO`.
        image: A stack or a product.
        is_product: Which of the two it is.
        dem: DEM beside it; empty for none.
        band_mapping: As for `open_stack` and `open_products`.

    Raises:
        LandslipError: There is no such model, or the image cannot be opened.
    """
    name = name.strip()
    if name != AUTO:
        return model_path(name)
    if is_product:
        products = open_products([image], band_mapping=band_mapping)
        return model_path(name, model_bands(products, [dem] if dem else []))
    return model_path(name, open_stack(image, dem or None, band_mapping).available_bands)


def ensemble_models(text: str) -> tuple[str, ...]:
    """The files of the other models of an ensemble.

    Args:
        text: Names of shipped models and paths of ONNX files, between commas; between semicolons
            where a path has a comma. Empty for none.

    Raises:
        ModelError: One is neither.
    """
    names = text.split(";" if ";" in text else ",")
    return tuple(model_path(name.strip()) for name in names if name.strip())


def preparation_model(
    name: str,
    products: Sequence[str],
    dems: Sequence[str],
    offset: float | None = None,
    band_mapping: str = "",
) -> str:
    """The file of the model that a stack is made for; empty for a stack of all bands.

    Args:
        name: As for `detection_model`, or empty.
        products: As for `open_products`.
        dems: DEMs beside them.
        offset: As for `open_products`.
        band_mapping: As for `open_products`.

    Raises:
        LandslipError: There is no such model, or a product cannot be opened.
    """
    name = name.strip()
    if name != AUTO:
        return model_path(name) if name else ""
    return model_path(name, all_bands(open_products(products, offset, band_mapping), dems))
