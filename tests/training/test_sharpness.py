import torch

from taskarith.training.sharpness import add_sharper_gradients


def test_gradients_are_those_of_the_worst_place_nearby() -> None:
    generator = torch.Generator().manual_seed(3)
    weights = [torch.randn(3, 2, generator=generator).requires_grad_() for _ in range(2)]
    inputs = torch.randn(5, 3, generator=generator)

    def loss() -> torch.Tensor:
        return (inputs @ weights[0]).tanh().square().sum() + (inputs @ weights[1]).exp().mean()

    loss().backward()
    gradients = [w.grad.clone() for w in weights if w.grad is not None]
    before = [w.detach().clone() for w in weights]
    add_sharper_gradients(weights, loss, radius=0.1)
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    moved = [(w + 0.1 * g / norm).requires_grad_() for w, g in zip(before, gradients, strict=True)]
    expected = torch.autograd.grad(
        (inputs @ moved[0]).tanh().square().sum() + (inputs @ moved[1]).exp().mean(), moved
    )
    for weight, own, grad in zip(weights, before, expected, strict=True):
        assert torch.equal(weight.detach(), own)
        assert weight.grad is not None
        torch.testing.assert_close(weight.grad, grad)
