"""The same numbers as ../ours/numbers.ts makes, on this side's device."""

from functools import cache

import torch

PERIOD = 10007


def device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def cubes():
    return torch.tensor([(i**3 % PERIOD - 5003) / 5003 for i in range(PERIOD)], device=device())


def numbers(shape, bound, offset):
    """Numbers in [-bound, bound] that look random and are a function of their place alone."""
    size = 1
    for length in shape:
        size *= length
    repeats = (offset + size + PERIOD - 1) // PERIOD
    return (cubes().repeat(repeats)[offset : offset + size] * bound).reshape(shape)


def images(shape, bound, offset):
    """`numbers` of NHWC shape, as the NCHW tensor that PyTorch's layers take."""
    return numbers(shape, bound, offset).permute(0, 3, 1, 2).contiguous()


def fill(module, parameters):
    """Gives a module its weights; its parameters must be those that are named, in those shapes."""
    own = dict(module.named_parameters())
    if own.keys() != parameters.keys():
        raise ValueError(f"the networks differ in {sorted(own.keys() ^ parameters.keys())[:4]}")
    with torch.no_grad():
        for name, (shape, kind, value, offset) in parameters.items():
            if list(own[name].shape) != shape:
                raise ValueError(f"{name} is {list(own[name].shape)} here and {shape} there")
            if kind == "constant":
                own[name].fill_(value)
            else:
                own[name].copy_(numbers(shape, value, offset))


def spots(tensor):
    """64 elements spread over a tensor, in the order of its elements as [B, H, W, C]."""
    flat = (tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor).reshape(-1)
    index = torch.arange(64, device=flat.device) * flat.numel() // 64
    return flat[index].double().tolist()


def norm(tensors):
    """The root of the sum of all squares."""
    return torch.sqrt(sum(tensor.double().square().sum() for tensor in tensors)).item()
