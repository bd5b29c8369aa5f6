"""PyTorch's side of the embedded bench: diffusers' and transformers' networks with the files that ship."""

import json
import time
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from discriminator import Features, Heads, augment_draws, diff_augment
from filling import device, spots
from protocol import serve
from safetensors.torch import load_file
from transformers import CLIPTextModel, Dinov2Model

# The numbers of an iteration that updates both networks, and of how many things each is: the trainer's own, which
# test/bench/contract.test.ts compares with these, for nothing else runs this file where there is no PyTorch.
NUMBERS = {
    "discriminator": "one",
    "real": "images",
    "fake": "images",
    "realLayers": "layers",
    "fakeLayers": "layers",
    "adversarial": "one",
    "diffusion": "one",
    "gradient": "one",
    "generatorChange": "one",
    "discriminatorChange": "one"
}
MODELS = Path(__file__).resolve().parents[3] / "models"
state = {}


def load():
    # The files hold float16; both sides compute in float32.
    unet = UNet2DConditionModel.from_pretrained(MODELS / "emoji" / "unet").float().to(device())
    text = CLIPTextModel.from_pretrained(MODELS / "emoji" / "text_encoder").float().to(device())
    return unet, text.requires_grad_(False).eval()


def load_dinov2():
    return Dinov2Model.from_pretrained(MODELS / "emoji-dinov2").float().to(device())


def nchw(tensor):
    return tensor.permute(0, 3, 1, 2).contiguous()


class Guided:
    """The UNet with guidance, both halves in one batch."""

    def __init__(self, unet, scale):
        self.unet, self.scale = unet, scale

    def __call__(self, x, t, condition):
        output = self.unet(torch.cat([x, x]), t, encoder_hidden_states=condition, return_dict=False)[0]
        without, conditional = output.chunk(2)
        return torch.lerp(without, conditional, self.scale), conditional


def encode(text, ids):
    """Conditions [2B] of the ids [1 + B], the first of which is the empty caption's."""
    hidden = text(ids).last_hidden_state
    return torch.cat([hidden[:1].expand(len(ids) - 1, -1, -1), hidden[1:]])


def prepare(request):
    return prepare_sampling(request) if request["part"] == "sampling" else prepare_iteration(request)


def prepare_sampling(request):
    folder = Path(request["folder"])
    given = {name: tensor.to(device()) for name, tensor in load_file(folder / "sampling.safetensors").items()}
    steps = json.loads((folder / "plan.json").read_text())["steps"]
    unet, text = load()
    predict = Guided(unet.eval(), request["guidance"])
    noise = nchw(given["noise"])

    @torch.inference_mode()
    def draw(x):
        condition = encode(text, given["ids"])
        for step in steps:
            guided, _ = predict(x, step["t"], condition)
            x = x * step["own"]["x"] + guided * step["own"]["output"]
        return x.clamp(-1, 1)

    check = {"images": spots(draw(noise))}

    def measure():
        began = time.perf_counter()
        draw(torch.randn_like(noise)).cpu()
        return {"ms": 1000 * (time.perf_counter() - began)}

    state["measure"] = measure
    return {"check": check}


class Tuning:
    """Algorithm 1: roll out without gradient, let the discriminator learn, then a forward and backward for each kept step."""

    def __init__(self, description, given):
        settings = description["settings"]
        self.description, self.settings, self.given = description, settings, given
        self.unet, self.text = load()
        self.unet.train()
        self.average = [parameter.detach().clone() for parameter in self.unet.parameters()]
        config = settings["heads"]
        dinov2 = load_dinov2()
        self.features = Features(dinov2, config["hooks"]).to(device())
        shape = (len(config["hooks"]), dinov2.config.hidden_size, config["outputs"], config["kernel"])
        self.online = Heads(*shape, predictors=True).to(device())
        self.twin = Heads(*shape, predictors=False).to(device()).requires_grad_(False)
        for name, network in (("online.", self.online), ("twin.", self.twin)):
            network.load_state_dict({k[len(name) :]: v for k, v in given.items() if k.startswith(name)})
        self.generator_optimizer = optimizer(self.unet, description["generator"])
        self.discriminator_optimizer = optimizer(self.online, description["discriminator"])
        self.predict = Guided(self.unet, settings["guidance"])
        self.image, self.size = nchw(given["image"]), given["image"].shape[1]

    def augmented(self, images, stream, role, exact):
        if exact:
            prefix = f"draws.{stream}.{role}."
            draws = {k[len(prefix) :]: v for k, v in self.given.items() if k.startswith(prefix)}
        else:
            draws = augment_draws(len(images), self.size, images.device)
        return diff_augment(images, draws)

    def iteration(self, updates, exact=False):
        """One iteration; `exact` takes the other side's random choices. Returns the numbers for the log."""
        description = self.description
        steps, start = description["plan"]["steps"], description["start"]
        kept_steps = {start, *description["sampled"]} if updates else set()
        noise = nchw(self.given["noise"]) if exact else torch.randn_like(self.image)
        level = steps[start]["level"]
        with torch.no_grad():
            condition = encode(self.text, self.given["ids"])
            x = level["alpha"] * self.image + level["sigma"] * noise
            kept = []
            for index in range(start, len(steps)):
                if index in kept_steps:
                    kept.append((index, x))
                guided, _ = self.predict(x, steps[index]["t"], condition)
                x = x * steps[index]["own"]["x"] + guided * steps[index]["own"]["output"]
        log = self.discriminator_step(x, exact)
        if updates:
            log |= self.generator_step(x, noise, kept, condition, exact)
        return self.fetch(log)

    def discriminator_step(self, generated, exact):
        with torch.no_grad():
            images = [self.augmented(x, "discriminator", role, exact) for role, x in enumerate((generated, self.image, self.image))]
            features = self.features(torch.cat(images))
            pairs = [x[: 2 * len(generated)] for x in features]
            targets = self.twin.targets([x[2 * len(generated) :] for x in features])
        self.online.power_iteration()
        fake, real = self.online.scores(pairs, targets).chunk(2)
        loss = (torch.relu(1 - real) + torch.relu(1 + fake)).sum(1).mean()
        loss.backward()
        self.discriminator_optimizer.step()
        self.discriminator_optimizer.zero_grad()
        tau = self.settings["heads"]["tau"]
        with torch.no_grad():
            online = dict(self.online.named_parameters())
            twin = dict(self.twin.named_parameters())
            torch._foreach_lerp_(list(twin.values()), [online[name].detach() for name in twin], 1 - tau)
            self.twin.power_iteration()
        real, fake = real.detach(), fake.detach()
        by_image = {"real": real.mean(1), "fake": fake.mean(1)}
        by_layer = {"realLayers": real.mean(0), "fakeLayers": fake.mean(0)}
        return {"discriminator": loss.detach(), **by_image, **by_layer}

    def generator_step(self, generated, noise, kept, condition, exact):
        description, settings = self.description, self.settings
        self.online.requires_grad_(False)
        images = generated.clone().requires_grad_()
        with torch.no_grad():
            targets = self.twin.targets(self.features(self.augmented(self.image, "generator", 2, exact)))
        scores = self.online.scores(self.features(self.augmented(images, "generator", 0, exact)), targets)
        loss = -scores.sum(1).mean()
        (gradient,) = torch.autograd.grad(loss * settings["adversarialWeight"], images)
        self.online.requires_grad_(True)
        diffusion = None
        for index, x in kept:
            step = description["plan"]["steps"][index]
            guided, conditional = self.predict(x, step["t"], condition)
            share = (guided * (gradient * description["weights"][index - description["start"]])).sum()
            if index == description["start"]:
                diffusion = torch.nn.functional.mse_loss(conditional, noise)
                share = share + settings["lambda"] * diffusion
            share.backward()
        norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in self.unet.parameters()])
        self.generator_optimizer.step()
        self.generator_optimizer.zero_grad()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.unet.parameters()), 1 - settings["average"])
        return {"adversarial": loss.detach(), "diffusion": diffusion.detach(), "gradient": norm}

    def fetch(self, log):
        values = torch.cat([value.reshape(-1) for value in log.values()]).tolist()
        numbers = {}
        for name, value in log.items():
            numbers[name], values = values[: value.numel()], values[value.numel() :]
        return numbers


def optimizer(network, settings):
    """AdamW with no gradients seen yet, at the step that the other side is at."""
    parameters = list(network.parameters())
    made = torch.optim.AdamW(
        parameters,
        lr=settings["rate"],
        betas=settings["betas"],
        eps=settings["epsilon"],
        weight_decay=settings["weightDecay"],
        fused=True,
    )
    for parameter in parameters:
        made.state[parameter] = {
            "step": torch.tensor(float(settings["step"] - 1), device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
    return made


def change(network, before):
    return torch.nn.utils.get_total_norm([a.detach() - b for a, b in zip(network.parameters(), before)]).item()


def prepare_iteration(request):
    folder = Path(request["folder"])
    given = {name: tensor.to(device()) for name, tensor in load_file(folder / "iteration.safetensors").items()}
    given = {name: tensor.long() if tensor.dtype == torch.int32 else tensor for name, tensor in given.items()}
    description = json.loads((folder / "iteration.json").read_text())
    tuning = Tuning(description, given)
    before = [[parameter.detach().clone() for parameter in net.parameters()] for net in (tuning.unet, tuning.online)]
    numbers = tuning.iteration(updates=True, exact=True)
    numbers["generatorChange"] = change(tuning.unet, before[0])
    numbers["discriminatorChange"] = change(tuning.online, before[1])
    check = {name: numbers[name] for name in NUMBERS}
    tuning.iteration(updates=False)
    H = description["settings"]["H"]

    def timed(updates):
        began = time.perf_counter()
        tuning.iteration(updates)
        return 1000 * (time.perf_counter() - began)

    def measure():
        generator, discriminator = timed(True), timed(False)
        mean = (generator + (H - 1) * discriminator) / H
        return {"generator updated": generator, "discriminator alone": discriminator, f"mean at H = {H}": mean}

    state["measure"] = measure
    return {"check": check}


serve({"prepare": prepare, "measure": lambda request: state["measure"]()})
