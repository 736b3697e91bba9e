"""`python -m landslip.training.network_table`: what every registered network weighs and costs.

At the registry's default width. Operations are counted on one patch in evaluation mode by
`torch.utils.flop_counter`, which counts convolutions and matrix products, a multiply-add as two;
attention that PyTorch computes in one piece (SegFormer's) is left out on a processor.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from .data import PATCH
from .models import MODELS, build_model, parameter_count

BANDS = (3, 14)
PAPERS = {
    "resunet": "Zhang, Liu & Wang 2018, arXiv:1711.10684",
    "unet": "Ronneberger et al. 2015, arXiv:1505.04597",
    "pspnet": "Zhao et al. 2017, arXiv:1612.01105",
    "contextnet": "Poudel et al. 2018, arXiv:1805.04554",
    "deeplab_v2": "Chen et al. 2017, arXiv:1606.00915",
    "deeplab_v3plus": "Chen et al. 2018, arXiv:1802.02611",
    "fcn8s": "Long et al. 2015, arXiv:1411.4038",
    "linknet": "Chaurasia & Culurciello 2017, arXiv:1707.03718",
    "frrn_a": "Pohlen et al. 2017, arXiv:1611.08323",
    "frrn_b": "Pohlen et al. 2017, arXiv:1611.08323",
    "sqnet": "Treml et al. 2016, openreview.net S1uHiFyyg",
    "efficientnet_unet": "Tan & Le 2019, arXiv:1905.11946",
    "swin_unet": "Liu et al. 2021, arXiv:2103.14030",
    "segformer": "Xie et al. 2021, arXiv:2105.15203",
    "efficientnetv2_unet": "Tan & Le 2021, arXiv:2104.00298",
    "hrnet": "Wang et al. 2020, arXiv:1908.07919",
    "multispectral_unet": "Ghorbanzadeh et al. 2022, doi:10.1109/JSTARS.2022.3220845",
    "ffs_net": "Liu et al. 2023, by Zhou et al.",
    "hpcl_net": "Zhou et al., relic landslides",
    "swav_unet": "He et al. 2016, arXiv:1512.03385; Caron et al. 2020, arXiv:2006.09882",
}
HEADER = (
    f"| network | paper | parameters ({BANDS[0]} bands) | "
    + " | ".join(f"GFLOP per {PATCH} x {PATCH} patch, {bands} bands" for bands in BANDS)
    + " |\n|---|---|---:|"
    + "---:|" * len(BANDS)
)


@torch.inference_mode()
def gigaflops(network: nn.Module, bands: int) -> float:
    """Floating-point operations for one patch, in 10^9; a multiply-add counts as two."""
    counter = FlopCounterMode(display=False)
    with counter:
        network.eval()(torch.zeros(1, bands, PATCH, PATCH))
    return counter.get_total_flops() / 1e9


def table_row(name: str) -> str:
    """One Markdown row."""
    networks = {bands: build_model(name, bands) for bands in BANDS}
    cells = [f"`{name}`", PAPERS.get(name, ""), f"{parameter_count(networks[BANDS[0]]):,}"]
    cells += [f"{gigaflops(network, bands):.2f}" for bands, network in networks.items()]
    return f"| {' | '.join(cells)} |"


def network_table() -> str:
    """The table of all registered networks, in Markdown."""
    return "\n".join([HEADER, *(table_row(name) for name in MODELS)])


def main() -> None:
    """Print the table."""
    print(network_table())


if __name__ == "__main__":
    main()
