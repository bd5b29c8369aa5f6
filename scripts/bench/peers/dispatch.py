"""PyTorch's side of the dispatch bench."""

import time

import torch
from filling import numbers, spots
from protocol import serve

state = {}


def pair(shape):
    return numbers(shape, 1, 0), numbers(shape, 1, 1000)


def update(weights, gradients):
    return torch._foreach_add(weights, gradients, alpha=-0.1)


def prepare(request):
    part = request["part"]
    if part == "jit-700-inputs":
        arguments = [[numbers([8], 1, offset + i) for i in range(350)] for offset in (0, 1000)]
        f = update
    else:
        arguments = pair([64, 64] if part == "eager-matmul" else [1])
        f = torch.matmul if part == "eager-matmul" else torch.add
    if request["variant"] == "compile":
        f = torch.compile(f)
    call = lambda: f(*arguments)
    with torch.inference_mode():
        for _ in range(20):
            result = call()
    state[request["variant"]] = call
    return {"check": {"result": spots(result[0] if isinstance(result, (list, tuple)) else result)}}


@torch.inference_mode()
def measure(request):
    call = state[request["variant"]]
    began = time.perf_counter()
    for _ in range(request["calls"]):
        call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return {"microseconds": 1e6 * (time.perf_counter() - began) / request["calls"]}


serve({"prepare": prepare, "measure": measure})
