"""What the scripts here share: random numbers of one seed, and a case's files. Each is run as: script.py FOLDER SEED"""
import json
import os
import sys

import torch
from safetensors.torch import save_file

root, seed = sys.argv[1], int(sys.argv[2])
random = torch.Generator().manual_seed(seed)


def normal(*shape):
    return torch.randn(*shape, generator=random)


def write(name, component, tensors=None, options=None, tolerance=(1e-6, 3e-5), vjp=(1e-6, 1e-4), model=None, io=None):
    """Writes case.json and what is given of io.safetensors, model.safetensors and io.json."""
    folder = os.path.join(root, name)
    os.makedirs(folder, exist_ok=True)
    if tensors:
        save_file({k: v.detach().contiguous() for k, v in tensors.items()}, os.path.join(folder, "io.safetensors"))
    if model:
        save_file({k: v.contiguous() for k, v in model.items()}, os.path.join(folder, "model.safetensors"))
    if io:
        json.dump(io, open(os.path.join(folder, "io.json"), "w"))
    case = {"component": component, "options": options or {}}
    case["tolerance"] = dict(zip(("abs", "rel"), tolerance))
    case["tolerance_vjp"] = dict(zip(("abs", "rel"), vjp))
    json.dump(case, open(os.path.join(folder, "case.json"), "w"))


def vjp(outputs, leaves, retain=False):
    """Cotangents of outputs, and the gradients that follow from them. Leaves by the names that come after `vjp.`"""
    cotangents = {k: normal(*v.shape).double() for k, v in outputs.items()}
    total = sum((outputs[k] * cotangents[k]).sum() for k in outputs)
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True, retain_graph=retain)
    # A key's bias shifts all scores alike, a bias before a norm goes away: in float32 such a gradient is all rounding.
    kept = {k: g for k, g in zip(leaves, found) if g is not None and g.abs().max() > 1e-9}
    return {f"cotangent.{k}": v for k, v in cotangents.items()} | {f"vjp.{k}": g for k, g in kept.items()}
