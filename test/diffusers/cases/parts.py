"""Discriminator heads, augmentation, losses and metrics, written out from their definitions, at other sizes."""
import math

import numpy
import torch
from common import normal, random, vjp, write
from PIL import Image
from torch.nn.functional import cosine_similarity


def heads():
    def case(name, channels, batch, tokens, kernel, outputs, iterate):
        sizes = {"main.0.0": (channels, channels, 1), "main.1.fn.0": (channels, channels, kernel), "cls": (outputs, channels, 1)}
        model = {}
        for layer, (o, i, k) in sizes.items():
            model[f"{layer}.weight_orig"] = normal(o, i, k) / math.sqrt(i * k)
            model[f"{layer}.bias"] = 0.1 * normal(o)
            model[f"{layer}.weight_u"] = torch.nn.functional.normalize(normal(o), dim=0)
            model[f"{layer}.weight_v"] = torch.nn.functional.normalize(normal(i * k), dim=0)
        for layer in ("main.0.1", "main.1.fn.1"):
            model[f"{layer}.weight"] = 1 + 0.2 * normal(channels)
            model[f"{layer}.bias"] = 0.1 * normal(channels)
        x = normal(batch, channels, tokens)
        leaf = {f"param.{k}": v.double().requires_grad_(not k.endswith(("_u", "_v"))) for k, v in model.items()}
        leaf["in.x"] = x.double().requires_grad_()
        buffers = {}

        def convolve(x, layer):
            weight, bias = leaf[f"param.{layer}.weight_orig"], leaf[f"param.{layer}.bias"]
            flat = weight.reshape(weight.shape[0], -1)
            u, v = leaf[f"param.{layer}.weight_u"], leaf[f"param.{layer}.weight_v"]
            if iterate:
                with torch.no_grad():
                    v = torch.nn.functional.normalize(flat.t() @ u, dim=0)
                    u = torch.nn.functional.normalize(flat @ v, dim=0)
                buffers[f"{layer}.weight_u"], buffers[f"{layer}.weight_v"] = u, v
            side = (weight.shape[2] - 1) // 2
            padded = torch.nn.functional.pad(x, (side, side), mode="circular") if side else x
            return torch.nn.functional.conv1d(padded, weight / (u @ flat @ v), bias)

        def block(x, conv, norm):
            h = convolve(x, conv)
            groups = math.ceil(batch / 8)
            h = h.reshape(groups, batch // groups, channels, tokens)
            mean, var = h.mean((1, 3), keepdim=True), h.var((1, 3), unbiased=False, keepdim=True)
            h = ((h - mean) / (var + 1e-5).sqrt()).reshape(batch, channels, tokens)
            h = h * leaf[f"param.{norm}.weight"][:, None] + leaf[f"param.{norm}.bias"][:, None]
            return torch.nn.functional.leaky_relu(h, 0.2)

        h = block(leaf["in.x"], "main.0.0", "main.0.1")
        z = convolve((block(h, "main.1.fn.0", "main.1.fn.1") + h) / math.sqrt(2), "cls")
        tensors = {"in.x": x, "out.z": z} | {f"out.{k}": v for k, v in buffers.items()}
        tensors |= vjp({"z": z}, {k: v for k, v in leaf.items() if v.requires_grad})
        write(name, "DiscriminatorHead", {k: v.float() for k, v in tensors.items()}, {"power_iteration": iterate}, model=model)

    case("head_batch1", 20, 1, 9, 9, 64, True)
    case("head_batch16", 12, 16, 30, 9, 64, True)
    case("head_frozen_batch3", 40, 3, 17, 5, 24, False)


def augmentations():
    tensors, leaves, outputs = {}, {}, {}
    for group, (batch, height, width) in {"wide": (3, 12, 20), "tall": (1, 21, 10), "one": (2, 9, 9)}.items():
        draw = {
            "image": normal(batch, 3, height, width),
            "brightness": torch.rand(batch, generator=random) - 0.5,
            "saturation": 2 * torch.rand(batch, generator=random),
            "contrast": torch.rand(batch, generator=random) + 0.5,
        }
        sizes = {"rows": height, "cols": width}
        for axis, n in sizes.items():
            s, h = math.floor(n / 8 + 0.5), math.floor(n / 2 + 0.5)
            draw[f"shift_{axis}"] = torch.randint(-s, s + 1, (batch,), generator=random, dtype=torch.int32)
            draw[f"cutout_{axis}"] = torch.randint(0, n + 1 - h % 2, (batch,), generator=random, dtype=torch.int32)
        x = leaves[f"in.{group}.image"] = draw["image"].double().requires_grad_()
        per = lambda name: draw[name].double().reshape(-1, 1, 1, 1)  # noqa: E731
        stages = {}
        x = stages["brightness"] = x + per("brightness")
        x = stages["saturation"] = (x - x.mean(1, keepdim=True)) * per("saturation") + x.mean(1, keepdim=True)
        m = x.mean((1, 2, 3), keepdim=True)
        x = stages["contrast"] = (x - m) * per("contrast") + m
        moved = torch.zeros_like(x)
        kept = torch.ones_like(x)
        for b in range(batch):
            r, q = int(draw["shift_rows"][b]), int(draw["shift_cols"][b])
            for i in range(height):
                for j in range(width):
                    if 0 <= i + r < height and 0 <= j + q < width:
                        moved[b, :, i, j] = x[b, :, i + r, j + q]
            cut = {}
            for axis, n in sizes.items():
                h = math.floor(n / 2 + 0.5)
                cut[axis] = [min(max(k + int(draw[f"cutout_{axis}"][b]) - h // 2, 0), n - 1) for k in range(h)]
            for i in cut["rows"]:
                for j in cut["cols"]:
                    kept[b, :, i, j] = 0
        stages["translation"] = moved
        stages["image"] = moved * kept
        tensors |= {f"in.{group}.{k}": v for k, v in draw.items()}
        tensors |= {f"out.{group}.{k}": v.float() for k, v in stages.items()}
        outputs[f"{group}.image"] = stages["image"]
    tensors |= {k: v.float() for k, v in vjp(outputs, leaves).items()}
    write("diffaugment_sizes", "DiffAugment", tensors, tolerance=(1e-6, 1e-5), vjp=(1e-6, 1e-5))


def metrics():
    sets = {}
    for group, (rows, others, columns) in {"wide": (9, 30, 40), "many": (400, 300, 6), "pair": (2, 2, 3)}.items():
        a = (normal(rows, columns) @ normal(columns, columns)).double().numpy()
        b = (normal(others, columns) @ normal(columns, columns) + 0.5).double().numpy()
        mean, other = a.mean(0), b.mean(0)
        one, two = numpy.cov(a, rowvar=False), numpy.cov(b, rowvar=False)
        values, vectors = numpy.linalg.eigh(one)
        half = vectors * numpy.sqrt(values.clip(0)) @ vectors.T
        inner = numpy.linalg.eigvalsh(half @ two @ half)
        inner = inner[inner > inner.max() * 1e-13]
        distance = ((mean - other) ** 2).sum() + numpy.trace(one) + numpy.trace(two) - 2 * numpy.sqrt(inner).sum()
        sets |= {f"in.{group}.features1": a, f"in.{group}.features2": b, f"out.{group}.mu1": mean, f"out.{group}.cov1": one}
        sets |= {f"out.{group}.mu2": other, f"out.{group}.cov2": two, f"out.{group}.distance": numpy.array([distance])}
    write("frechet_sizes", "metrics.frechet", {k: torch.from_numpy(numpy.ascontiguousarray(v)) for k, v in sets.items()}, tolerance=(1e-8, 1e-7))

    resized = {}
    for group, (size, to) in {"down": ((97, 61), (17, 40)), "up": ((11, 13), (50, 29)), "mixed": ((20, 90), (33, 31))}.items():
        image = torch.randint(0, 256, (*size, 3), generator=random, dtype=torch.uint8)
        channels = [Image.fromarray(image[:, :, c].numpy().astype(numpy.float32)).resize(to[::-1], Image.BICUBIC) for c in range(3)]
        whole = torch.from_numpy(numpy.stack([numpy.asarray(c) for c in channels], 2))
        resized |= {f"in.{group}.image": image, f"out.{group}.unclipped": whole, f"out.{group}.image": whole.clamp(0, 255)}
    image = torch.randint(0, 256, (200, 410, 3), generator=random, dtype=torch.uint8)
    channels = [Image.fromarray(image[:, :, c].numpy().astype(numpy.float32)).resize((299, 299), Image.BICUBIC) for c in range(3)]
    whole = torch.from_numpy(numpy.stack([numpy.asarray(c) for c in channels], 2))
    resized |= {"in.to299.image": image, "out.to299.rows": whole.clamp(0, 255)[::13]}
    write("resize_sizes", "metrics.resize", resized, tolerance=(0.002, 1e-5))

    widths = [96, 200, 31, 1]
    model, leaves = {}, {"in.embedding": normal(5, 96).double().requires_grad_()}
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        model |= {f"layers.{2 * i}.weight": normal(b, a) / math.sqrt(a), f"layers.{2 * i}.bias": 0.1 * normal(b)}
    leaves |= {f"param.{k}": v.double().requires_grad_() for k, v in model.items()}
    x = unit = leaves["in.embedding"] / leaves["in.embedding"].norm(dim=1, keepdim=True)
    for k in model:
        if k.endswith("weight"):
            x = x @ leaves[f"param.{k}"].t() + leaves[f"param.{k[:-6]}bias"]
    tensors = {"in.embedding": leaves["in.embedding"], "out.normalized": unit, "out.score": x} | vjp({"score": x}, leaves)
    write("aesthetic_sizes", "AestheticMLP", {k: v.float() for k, v in tensors.items()}, model=model)


def losses():
    real, fake = normal(5, 7), normal(5, 7)
    image, reference = normal(2, 6, 9), normal(2, 6, 9)
    inputs = {"in.real": real, "in.fake": fake, "in.z_image": image, "in.z_reference": reference}
    leaves = {k: v.double().requires_grad_() for k, v in inputs.items()}
    r, f, z, w = leaves.values()
    outputs = {
        "d_loss": (torch.relu(1 - r) + torch.relu(1 + f)).sum(1).mean().reshape(1),
        "g_loss": -f.sum(1).mean().reshape(1),
        "score_flat": cosine_similarity(z.flatten(1), w.flatten(1), dim=1),
        "score_token_mean": cosine_similarity(z, w, dim=1).mean(1),
    }
    tensors = {k: v.float() for k, v in inputs.items()} | {f"out.{k}": v.float() for k, v in outputs.items()}
    for name, output in outputs.items():
        for k, v in vjp({name: output}, leaves, retain=True).items():
            tensors[k.replace("vjp.", f"vjp.{name}.")] = v.float()
    write("losses_sizes", "AdversarialLosses", tensors, tolerance=(1e-6, 1e-5), vjp=(1e-6, 1e-5))


for make in (heads, augmentations, metrics, losses):
    make()
