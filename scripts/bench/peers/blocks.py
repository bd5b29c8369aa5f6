"""PyTorch's side of the blocks bench, made of diffusers' own modules."""

import time

import torch
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from filling import device, fill, images, norm, numbers, spots
from protocol import serve


class Blocks(torch.nn.Module):
    def __init__(self, channels, heads, context_channels, embed_channels):
        super().__init__()
        self.resnets = torch.nn.ModuleList(
            ResnetBlock2D(in_channels=channels, out_channels=channels, temb_channels=embed_channels, groups=32, eps=1e-5)
            for _ in range(2)
        )
        self.attentions = torch.nn.ModuleList(
            Transformer2DModel(
                heads, channels // heads, in_channels=channels, cross_attention_dim=context_channels, norm_num_groups=32
            )
            for _ in range(2)
        )

    def forward(self, x, embedding, context):
        for resnet, attention in zip(self.resnets, self.attentions):
            x = resnet(x, embedding)
            x = attention(x, encoder_hidden_states=context, return_dict=False)[0]
        return x


state = {}


def prepare(request):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    batch, side, channels = (request["size"][name] for name in ("batch", "side", "channels"))
    blocks = Blocks(channels, request["heads"], 768, 1280).to(device())
    fill(blocks, request["filling"])
    if request["variant"] == "channels-last":
        blocks.to(memory_format=torch.channels_last)
    x = images([batch, side, side, channels], 2, 1).requires_grad_()
    embedding = numbers([batch, 1280], 1, 2).requires_grad_()
    context = numbers([batch, 77, 768], 2, 3)
    cotangent = images([batch, side, side, channels], 1, 4)
    if request["variant"] == "channels-last":
        x = x.detach().to(memory_format=torch.channels_last).requires_grad_()
        cotangent = cotangent.to(memory_format=torch.channels_last)
    forward = torch.compile(blocks) if request["variant"] == "compile" else blocks
    inputs = [x, embedding, *blocks.parameters()]

    def run():
        output = forward(x, embedding, context)
        return output, torch.autograd.grad(output, inputs, cotangent)

    for _ in range(2):
        run()
    output, (by_x, by_embedding, *by_weights) = run()
    state[request["variant"]] = run
    return {
        "check": {
            "output": spots(output.detach()),
            "gradient by x": spots(by_x),
            "gradient by time": spots(by_embedding),
            "gradient by weights": norm(by_weights),
        }
    }


def measure(request):
    run = state[request["variant"]]
    began = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return {"ms": 1000 * (time.perf_counter() - began)}


serve({"prepare": prepare, "measure": measure})
