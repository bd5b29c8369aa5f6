"""The Siamese discriminator in PyTorch: heads on frozen DINOv2 features, and the augmentation in front of them."""

import math

import torch
import torch.nn.functional as F
from torch import nn

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class Features(nn.Module):
    """Hidden states of some blocks of a frozen Dinov2Model, the class token added to every patch: [B, C, tokens]."""

    def __init__(self, dinov2, hooks):
        super().__init__()
        self.dinov2 = dinov2.requires_grad_(False).eval()
        self.hooks = hooks
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))

    def forward(self, images):
        hidden = self.dinov2.embeddings(((images + 1) / 2 - self.mean) / self.deviation)
        taken = []
        for block in range(max(self.hooks) + 1):
            hidden = self.dinov2.encoder.layer[block](hidden)
            hidden = hidden[0] if isinstance(hidden, tuple) else hidden
            if block in self.hooks:
                taken.append((hidden[:, 1:] + hidden[:, :1]).transpose(1, 2).contiguous())
        return taken


class SpectralConv(nn.Module):
    """A circular convolution over tokens whose weight is divided by its largest singular value."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.weight_orig = nn.Parameter(torch.empty(outputs, inputs, kernel))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.register_buffer("weight_u", torch.empty(outputs))
        self.register_buffer("weight_v", torch.empty(inputs * kernel))
        self.pad = kernel // 2

    @torch.no_grad()
    def power_iteration(self):
        matrix = self.weight_orig.flatten(1)
        F.normalize(matrix.t() @ self.weight_u, dim=0, eps=1e-12, out=self.weight_v)
        F.normalize(matrix @ self.weight_v, dim=0, eps=1e-12, out=self.weight_u)

    def forward(self, x):
        weight = self.weight_orig
        # Copies, because the next power iteration changes them in place.
        sigma = torch.dot(self.weight_u.clone(), weight.flatten(1) @ self.weight_v.clone())
        if self.pad:
            x = F.pad(x, (self.pad, self.pad), mode="circular")
        return F.conv1d(x, weight / sigma, self.bias)


class GroupedBatchNorm(nn.Module):
    """Batch normalisation by the batch's own statistics, over groups of eight samples or fewer."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        batch, channels, tokens = x.shape
        groups = math.ceil(batch / 8)
        while batch % groups:
            groups += 1
        parts = [F.batch_norm(part, None, None, self.weight, self.bias, training=True) for part in x.chunk(groups)]
        return torch.cat(parts) if groups > 1 else parts[0]


class Block(nn.ModuleList):
    def __init__(self, channels, kernel):
        super().__init__([SpectralConv(channels, channels, kernel), GroupedBatchNorm(channels)])

    def forward(self, x):
        return F.leaky_relu(self[1](self[0](x)), 0.2)


class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return (self.fn(x) + x) / math.sqrt(2)


class Head(nn.Module):
    def __init__(self, channels, outputs, kernel):
        super().__init__()
        self.main = nn.Sequential(Block(channels, 1), Residual(Block(channels, kernel)))
        self.cls = SpectralConv(channels, outputs, 1)

    def forward(self, x):
        return self.cls(self.main(x))


class Heads(nn.Module):
    """A head for each hooked block and, in the online network, its predictor."""

    def __init__(self, count, channels, outputs, kernel, predictors):
        super().__init__()
        self.heads = nn.ModuleList(Head(channels, outputs, kernel) for _ in range(count))
        if predictors:
            self.predictor = nn.ModuleList(Head(outputs, outputs, kernel) for _ in range(count))

    def power_iteration(self):
        for module in self.modules():
            if isinstance(module, SpectralConv):
                module.power_iteration()

    def targets(self, features):
        return [head(x) for head, x in zip(self.heads, features)]

    def scores(self, features, targets):
        """Cosines with the targets, each target standing for as many equal parts of the batch as there are: [B, heads]."""
        columns = []
        for head, predictor, x, target in zip(self.heads, self.predictor, features, targets):
            output = predictor(head(x))
            repeats = len(output) // len(target)
            target = target.repeat(repeats, 1, 1) if repeats > 1 else target
            columns.append(F.cosine_similarity(output, target, dim=1, eps=1e-8).mean(1))
        return torch.stack(columns, 1)


def augment_draws(batch, size, device):
    shift, cut = int(size / 8 + 0.5), int(size / 2 + 0.5)
    return {
        "brightness": torch.rand(batch, device=device) - 0.5,
        "saturation": torch.rand(batch, device=device) * 2,
        "contrast": torch.rand(batch, device=device) + 0.5,
        "shiftRows": torch.randint(-shift, shift + 1, (batch,), device=device),
        "shiftColumns": torch.randint(-shift, shift + 1, (batch,), device=device),
        "cutoutRows": torch.randint(0, size + 1 - cut % 2, (batch,), device=device),
        "cutoutColumns": torch.randint(0, size + 1 - cut % 2, (batch,), device=device),
    }


def diff_augment(x, draws):
    """Colour, translation and cutout."""
    batch, channels, size, _ = x.shape
    per_sample = lambda name: draws[name].view(-1, 1, 1, 1)
    x = x + per_sample("brightness")
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * per_sample("saturation") + grey
    middle = x.mean((1, 2, 3), keepdim=True)
    x = (x - middle) * per_sample("contrast") + middle

    line = torch.arange(size, device=x.device)
    shift = int(size / 8 + 0.5)
    rows = draws["shiftRows"].view(-1, 1) + line + shift
    columns = draws["shiftColumns"].view(-1, 1) + line + shift
    padded = F.pad(x, (shift, shift, shift, shift))
    x = padded.gather(2, rows.view(batch, 1, size, 1).expand(-1, channels, -1, padded.shape[3]))
    x = x.gather(3, columns.view(batch, 1, 1, size).expand(-1, channels, size, -1))

    side = int(size / 2 + 0.5)
    cut = []
    for name in ("cutoutRows", "cutoutColumns"):
        low = draws[name].view(-1, 1) - side // 2
        high = (low + side - 1).clamp(0, size - 1)
        cut.append((line >= low.clamp(0, size - 1)) & (line <= high))
    keep = ~(cut[0].unsqueeze(2) & cut[1].unsqueeze(1))
    return x * keep.unsqueeze(1)
