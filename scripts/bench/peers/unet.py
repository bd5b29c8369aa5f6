"""PyTorch's side of the unet bench: diffusers' UNet2DConditionModel."""

import gc
import time
from contextlib import nullcontext

import torch
from diffusers import UNet2DConditionModel
from filling import device, fill, images, norm, numbers, spots
from peak import watch_peak
from protocol import serve
from torch.utils.checkpoint import checkpoint

state = {}


class Weights:
    """A UNet with its optimizer; eager and compiled calls share them, as a user's would."""

    def __init__(self, request, memory_format):
        config = {name: value for name, value in request["config"].items() if not name.startswith("_")}
        with torch.device("meta"):
            unet = UNet2DConditionModel(**config)
        self.unet = unet.to_empty(device=device()).train().to(memory_format=memory_format)
        settings = request["iteration"]["optimizer"]
        self.optimizer = torch.optim.AdamW(
            self.unet.parameters(),
            lr=settings["rate"],
            betas=settings["betas"],
            eps=settings["epsilon"],
            weight_decay=settings["weightDecay"],
            fused=True,
        )

    def begin(self, filling):
        """As they are before the first step."""
        fill(self.unet, filling)
        self.optimizer.zero_grad()
        self.optimizer.state.clear()


class Network:
    """The UNet in the form and precision that are asked for."""

    def __init__(self, request, variant, weights, memory_format):
        self.unet, self.optimizer, self.format = weights.unet, weights.optimizer, memory_format
        self.forward = torch.compile(self.unet) if variant == "compile" else self.unet
        self.bf16 = request["precision"] == "bf16"
        tf32 = request["precision"] != "float32"
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32

    def __call__(self, x, t, context):
        with torch.autocast(device().type, torch.bfloat16) if self.bf16 else nullcontext():
            return self.forward(x, t, encoder_hidden_states=context, return_dict=False)[0].float()

    def images(self, *arguments):
        return images(*arguments).to(memory_format=self.format)


def inputs(network, request):
    side, config = request["side"], request["config"]
    shape = [request["batch"], side, side, config["in_channels"]]
    context = lambda rows: numbers([rows, request["contextTokens"], config["cross_attention_dim"]], 3**0.5, 2)
    x, cotangent, noise = (network.images(shape, bound, offset) for bound, offset in ((3**0.5, 1), (1, 3), (3**0.5, 4)))
    return x, cotangent, noise, context


def forward(network, request, _):
    x, _, _, context = inputs(network, request)
    t, context = torch.tensor(501, device=device()), context(request["batch"])

    @torch.no_grad()
    def run():
        return network(x, t, context)

    return run, lambda: {"output": spots(run())}


def pull_back(network, request, _):
    """Gradients add up over the calls, as those of the kept steps do."""
    x, cotangent, _, context = inputs(network, request)
    t, context = torch.tensor(501, device=device()), context(request["batch"])

    def run():
        network(x, t, context).backward(cotangent)

    def first():
        run()
        check = gradient_check(network.unet)
        return {"norm": check["gradient"], **check}

    return run, first


def iteration(network, request, variant):
    """
    An update of Algorithm 1. `kept` leaves it to autograd: one backward pass through the graphs of all kept steps.
    `through` is not Algorithm 1, but what it is compared with: the gradient goes through all steps, inputs included.
    Otherwise: a rollout without gradient, then a forward and backward for each kept step.
    """
    image, gradient, noise, context = inputs(network, request)
    context = context(2 * request["batch"])
    given = request["iteration"]
    steps, start = given["plan"]["steps"], given["start"]
    times = [torch.tensor(step["t"], device=device()) for step in steps]
    checkpointed = variant.endswith("-checkpointed")
    kept_steps = {start, *given["sampled"]}

    def predict(x, index):
        without, conditional = network(torch.cat([x, x]), times[index], context).chunk(2)
        return torch.lerp(without, conditional, given["guidance"]), conditional

    def predict_with_gradient(x, index):
        return checkpoint(predict, x, index, use_reentrant=False) if checkpointed else predict(x, index)

    def noised():
        level = steps[start]["level"]
        return level["alpha"] * image + level["sigma"] * noise

    def diffusion(conditional):
        return given["lambda"] * torch.nn.functional.mse_loss(conditional, noise)

    def step_by_step():
        kept = []
        with torch.no_grad():
            x = noised()
            for index in range(start, len(steps)):
                if index in kept_steps:
                    kept.append((index, x))
                guided, _ = predict(x, index)
                x = x * steps[index]["own"]["x"] + guided * steps[index]["own"]["output"]
        for index, latent in kept:
            guided, conditional = predict(latent, index)
            loss = (guided * gradient).sum() * given["weights"][index - start]
            if index == start:
                loss = loss + diffusion(conditional)
            loss.backward()
        return x

    def all_kept():
        x = noised()
        for index in range(start, len(steps)):
            own = steps[index]["own"]
            with nullcontext() if index in kept_steps else torch.no_grad():
                guided, conditional = predict_with_gradient(x.detach(), index)
            if index == start:
                loss = diffusion(conditional)
            # Eq. 11: the latent carries gradient as if its coefficient were one.
            x = x + (x * (own["x"] - 1)).detach() + guided * own["output"]
        (loss + (x * gradient).sum()).backward()
        return x.detach()

    def through():
        x = noised()
        for index in range(start, len(steps)):
            guided, _ = predict_with_gradient(x, index)
            x = x * steps[index]["own"]["x"] + guided * steps[index]["own"]["output"]
        (x * gradient).sum().backward()
        return x.detach()

    form = {"kept": all_kept, "through": through}.get(variant.removesuffix("-checkpointed"), step_by_step)

    def run(look=lambda final: None):
        look(form())
        length = torch.nn.utils.get_total_norm([parameter.grad for parameter in network.unet.parameters()])
        network.optimizer.step()
        network.optimizer.zero_grad()
        return length.item()

    def first():
        check = {}
        check["norm"] = run(lambda final: check.update(final=spots(final), **gradient_check(network.unet)))
        return None if form is through else check

    return run, first


def gradient_check(unet):
    own = dict(unet.named_parameters())
    return {
        "gradient": norm([parameter.grad for parameter in own.values()]),
        "gradient of conv_out.bias": own["conv_out.bias"].grad.tolist(),
        "gradient of mid_block": spots(own["mid_block.resnets.0.conv1.bias"].grad),
        "gradient of attention": spots(own["mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight"].grad),
    }


def prepare(request):
    variant = request["variant"]
    # Variants of one setting are alive together, so that they can take turns; those of the setting before are not.
    setting = (request["part"], request["precision"], request["batch"], request["config"])
    if state.get("setting") != setting:
        state.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        state.update(setting=setting, weights={}, networks={}, held={}, runs={})
    memory_format = torch.channels_last if variant == "channels-last" else torch.contiguous_format
    before = torch.cuda.memory_allocated()
    if memory_format not in state["weights"]:
        state["weights"][memory_format] = Weights(request, memory_format)
    weights = state["weights"][memory_format]
    weights.begin(request["filling"])
    # What is compiled serves all K.
    network = state["networks"].setdefault(variant, Network(request, variant, weights, memory_format))
    part = {"forward": forward, "pull-back": pull_back, "iteration": iteration}[request["part"]]
    run, first = part(network, request, variant)
    began = time.perf_counter()
    check = first()
    taken = time.perf_counter() - began
    if request["part"] != "iteration":
        run()
    state["runs"][variant] = run, memory_format
    held = state["held"]
    held[memory_format] = held.get(memory_format, 0) + torch.cuda.memory_allocated() - before
    return {"check": check, "first call": taken}


def measure(request):
    run, memory_format = state["runs"][request["variant"]]
    others = sum(size for other, size in state["held"].items() if other != memory_format)
    peak = watch_peak()
    began = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    taken = 1000 * (time.perf_counter() - began)
    most, update = peak()
    return {"time": taken, "peak": most - others / 2**20, "update": update}


serve({"prepare": prepare, "measure": measure})
