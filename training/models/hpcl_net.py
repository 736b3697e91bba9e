"""HPCL-Net: FFS-Net whose branches are concatenated and weighted by coordinate attention.

Zhou et al., "A Multi-Source Data Fusion-based Semantic Segmentation Model for Relic Landslide
Detection".

What makes the rest of it happens in training alone: hyper-pixel-wise contrastive learning is the
auxiliary loss ``hyper_pixel``, which hears this network's `encoder`. The recipe `hpcl_net` has
Table 1's settings and Eq. 5's weights.
"""

from __future__ import annotations

from .ffs_net import FFSNet


class HPCLNet(FFSNet):
    """`FFSNet` with the heterogeneous feature extractor of section 3.1.1.

    Args:
        in_channels: Bands of the input; terrain last.
        width: Channels of the branches and of the ResNet's first stage; the paper's is 64.
        depth: Layers of the ResNet; the paper's is 101.
        terrain: How many of the bands are terrain.
        rates: Dilations of the pyramid.
        dropout: Share of the decoder's channels dropped in training, 0..1.
    """

    def __init__(
        self,
        in_channels: int,
        width: int = 32,
        depth: int = 101,
        terrain: int = 1,
        rates: tuple[int, ...] = (6, 12, 18),
        dropout: float = 0.1,
    ) -> None:
        super().__init__(in_channels, width, depth, terrain, "concat", True, rates, dropout)
