"""The project's own network in a small variant; `test_networks` has the benchmark's."""

import pytest
import torch

from landslip.engine.common.errors import ParameterError
from landslip.training.models import build_model, parameter_count
from landslip.training.models.resunet import BlurDown

SMALL = {"resunet": {"width": 8, "depth": 3}}
networks = pytest.mark.parametrize("name", sorted(SMALL))


def small(name, bands=3):
    torch.manual_seed(0)
    return build_model(name, bands, **SMALL[name])


@networks
@pytest.mark.parametrize("bands", [1, 3, 14])
def test_every_weight_receives_a_gradient(name, bands):
    network = small(name, bands)
    network(torch.randn(2, bands, 32, 32)).square().mean().backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert idle == []


@networks
@pytest.mark.parametrize("size", [(128, 128), (77, 53), (9, 131), (1, 1)])
def test_output_has_the_size_of_the_input(name, size):
    network = small(name).eval()
    with torch.inference_mode():
        assert network(torch.randn(2, 3, *size)).shape == (2, 1, *size)


@networks
def test_a_patch_does_not_see_the_rest_of_its_batch(name):
    network = small(name).eval()
    batch = torch.randn(4, 3, 64, 64)
    with torch.inference_mode():
        together, alone = network(batch)[:1], network(batch[:1])
        others = network(torch.cat([batch[:1], 50 * batch[1:]]))[:1]
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together, others, rtol=1e-4, atol=1e-5)


@networks
def test_no_statistics_of_the_patch(name):
    """A change in one corner leaves the opposite corner of a large patch exactly as it was."""
    network = small(name).eval()
    one = torch.randn(1, 3, 256, 256)
    other = one.clone()
    other[..., :16, :16] += 100
    with torch.inference_mode():
        change = (network(one) - network(other)).abs()[0, 0]
    assert change[:16, :16].max() > 0
    assert change[-16:, -16:].max() == 0


def test_blur_is_a_binomial_filter():
    image = torch.zeros(1, 2, 8, 8)
    image[0, 0, 3, 3] = 64.0
    result = BlurDown(2)(image)
    expected = torch.outer(*2 * [torch.tensor([0.0, 3.0, 1.0, 0.0])])
    expected[1, 1], expected[2, 2] = 9.0, 1.0
    assert result[0, 0].sum() == pytest.approx(16)  # a quarter of the pixels, the same mean
    torch.testing.assert_close(result[0, 0, 1:3, 1:3], torch.tensor([[9.0, 3.0], [3.0, 1.0]]))
    assert result[0, 1].abs().sum() == 0


def test_blur_keeps_a_constant_up_to_the_border():
    torch.testing.assert_close(
        BlurDown(1)(torch.full((1, 1, 6, 4), 5.0)), torch.full((1, 1, 3, 2), 5.0)
    )


def test_paper_size():
    """Zhang, Liu & Wang report 7.8 million parameters at width 64 and four levels."""
    assert parameter_count(build_model("resunet", 3, width=64, depth=4)) == pytest.approx(
        7.8e6, rel=0.05
    )


def test_unknown_network_and_option_say_so():
    with pytest.raises(ParameterError, match=r"Unknown network 'vgg'.*resunet"):
        build_model("vgg", 3)
    with pytest.raises(ParameterError, match="colour"):
        build_model("resunet", 3, colour="red")


def test_swav_unet_sees_single_pixels_through_its_full_resolution_skip():
    """Without the skip, as weights so far have it, nothing is added to the network."""
    plain, skipped = (build_model("swav_unet", 3, width=8, skip=skip).eval() for skip in (0, 4))
    added = set(skipped.state_dict()) - set(plain.state_dict())
    assert added
    assert all(name.startswith("branch.") for name in added)
    assert (
        skipped.decoder.last.conv[0][0].in_channels == plain.decoder.last.conv[0][0].in_channels + 4
    )
    for step in (*skipped.decoder.steps, skipped.decoder.last):
        step.up.weight.data.zero_()  # what comes from below is a constant: the branch alone is left
        step.up.bias.data.zero_()
    image = torch.randn(1, 3, 64, 64)
    other = image.clone()
    other[..., 32, 32] += 5
    with torch.inference_mode():
        change = (skipped(image) - skipped(other)).abs()[0, 0]
    assert change[32, 32] > 0
    assert change[:20].max() == 0
