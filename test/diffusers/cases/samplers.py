"""diffusers' schedulers at other settings, and steps of the training algorithm by plain autograd."""
import os

import torch
from common import normal, root, write
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    UNet2DConditionModel,
)


def toy(x, t):
    p = torch.arange(x.numel(), dtype=torch.float64).reshape(x.shape)
    return 0.6 * torch.tanh(x + 0.5 * torch.sin(0.01 * t + p))


def steps_of(scheduler, steps, begin, x, net, clone=lambda x: x):
    """Runs a scheduler; `net` gives the output at x, t and index, `clone` what enters each step."""
    scheduler.set_timesteps(steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    xs, outputs = [], []
    for i, t in enumerate(scheduler.timesteps[begin:]):
        output = net(x, t, begin + i)
        xs.append(x)
        outputs.append(output)
        x = scheduler.step(output, t, clone(x), return_dict=False)[0]
    return xs, outputs, x


class Exact(FlowMatchEulerDiscreteScheduler):
    """Steps in the dtype of its input: the published one goes through float32."""

    def step(self, output, t, x, return_dict=False):
        if self._step_index is None:
            self._step_index = self._begin_index or 0
        sigma, following = self.sigmas[self._step_index].double(), self.sigmas[self._step_index + 1].double()
        self._step_index += 1
        return (x + (following - sigma) * output,)


def noised(scheduler, index, clean, noise):
    """What the sampler begins with at a step, from an image and noise."""
    if isinstance(scheduler, Exact):
        sigma = scheduler.sigmas[index].double()
        return (1 - sigma) * clean + sigma * noise
    if isinstance(scheduler, DPMSolverMultistepScheduler):
        alpha, sigma = scheduler._sigma_to_alpha_sigma_t(scheduler.sigmas[index].double())
        return alpha * clean + sigma * noise
    product = scheduler.alphas_cumprod[scheduler.timesteps[index]].double()
    return product.sqrt() * clean + (1 - product).sqrt() * noise


def schedulers():
    def case(name, of, config, runs):
        public = "FlowMatchEulerDiscreteScheduler" if of is Exact else of.__name__
        found = []
        for steps, begin in runs:
            make = lambda: of(**config)  # noqa: E731
            noise, clean = normal(1, 2, 3, 3).double(), normal(1, 2, 3, 3).double()
            one = make()
            one.set_timesteps(steps)
            run = {"steps": steps, "begin_index": begin, "timesteps": one.timesteps.double().tolist(), "noise": noise.flatten().tolist()}
            if of is not DDIMScheduler:
                run["sigmas"] = one.sigmas.double().tolist()
            x = noised(one, begin, clean, noise) if begin else noise
            if begin:
                run |= {"clean": clean.flatten().tolist(), "noised": x.flatten().tolist()}
            xs, outputs, final = steps_of(make(), steps, begin, x, lambda x, t, i: toy(x, t.double()))
            leaves = [o.clone().requires_grad_() for o in outputs]
            dr = steps_of(make(), steps, begin, x, lambda x, t, i: leaves[i - begin])[2]
            scalar = lambda grads: [float(g.flatten()[0]) for g in grads]  # noqa: E731
            run |= {
                "x": [v.flatten().tolist() for v in xs],
                "net": [v.flatten().tolist() for v in outputs],
                "x_final": final.flatten().tolist(),
                "W_drtune": scalar(torch.autograd.grad(dr.sum(), leaves)),
            }
            found.append(run)
        write(name, "scheduler", options={"class": public}, tolerance=(1e-6, 2.5e-4), io={"config": config, "shape": [1, 2, 3, 3], "runs": found})

    runs = [(3, 0), (7, 0), (25, 0), (20, 6), (12, 11), (40, 33)]
    base = dict(clip_sample=False)
    scaled = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    for spacing in ("leading", "trailing", "linspace"):
        for prediction in ("epsilon", "v_prediction"):
            both = dict(timestep_spacing=spacing, prediction_type=prediction)
            case(f"scheduler_ddim_{spacing}_{prediction}", DDIMScheduler, base | scaled | both | dict(steps_offset=1 if spacing == "leading" else 0, set_alpha_to_one=prediction == "epsilon"), runs)
            case(f"scheduler_dpm_{spacing}_{prediction}", DPMSolverMultistepScheduler, scaled | both, runs)
    case("scheduler_ddim_cosine", DDIMScheduler, base | dict(beta_schedule="squaredcos_cap_v2"), runs)
    case("scheduler_ddim_500", DDIMScheduler, base | dict(num_train_timesteps=500, set_alpha_to_one=False), runs)
    case("scheduler_ddim_zero_snr", DDIMScheduler, base | scaled | dict(rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing"), runs)
    case("scheduler_dpm_heun", DPMSolverMultistepScheduler, scaled | dict(solver_type="heun"), runs)
    case("scheduler_dpm_first", DPMSolverMultistepScheduler, scaled | dict(solver_order=1), runs)
    case("scheduler_dpm_sigma_min", DPMSolverMultistepScheduler, scaled | dict(final_sigmas_type="sigma_min"), runs)
    case("scheduler_dpm_euler_last", DPMSolverMultistepScheduler, scaled | dict(final_sigmas_type="sigma_min", euler_at_final=True), runs)
    case("scheduler_dpm_no_lower", DPMSolverMultistepScheduler, scaled | dict(final_sigmas_type="sigma_min", lower_order_final=False), runs)
    case("scheduler_dpm_linear", DPMSolverMultistepScheduler, dict(timestep_spacing="leading", steps_offset=1), runs)
    for shift in (1.0, 2.5, 6.0):
        case(f"scheduler_flow_{shift}", Exact, dict(shift=shift), runs)


def training_steps():
    def case(name, network, scheduler, config, steps, start, chosen, guidance, weight, inputs, batch, size):
        model, call = network()
        os.makedirs(os.path.join(root, name), exist_ok=True)
        model.save_pretrained(os.path.join(root, name, "network"))
        model.double()
        flow = scheduler is Exact
        condition = {k: v.double() for k, v in inputs.items()}
        x0, noise, c = (normal(batch, model.config.in_channels, *size).double() for _ in range(3))
        one = scheduler(**config)
        one.set_timesteps(steps)
        x_ts = noised(one, start, x0, noise)
        half = lambda kind: {k[len(kind) :]: v for k, v in condition.items() if k.startswith(kind)}  # noqa: E731

        def net(x, t):
            t = t.double().reshape(1).repeat(batch)
            return (1 - guidance) * call(model, x, t, **half("uncond")) + guidance * call(model, x, t, **half("cond"))

        parameters = dict(model.named_parameters())

        def gradients(path, indices):
            """Eq. 11 cuts x on its way through a step but for itself; Eq. 4 lets it through."""
            s = scheduler(**config)
            s.set_timesteps(steps)
            if hasattr(s, "set_begin_index"):
                s.set_begin_index(start)
            x = x_ts
            for i, t in enumerate(s.timesteps[start:]):
                index = start + i
                output = net(x.detach(), t)
                output = output if index in indices else output.detach()
                if path == "drtune":
                    x = s.step(output, t, x, return_dict=False)[0]
                else:
                    stopped = x.detach()
                    x = x + (s.step(output, t, stopped, return_dict=False)[0] - stopped)
            loss = -(c * x).sum()
            return x, loss, dict(zip(parameters, torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)))

        final, adversarial, adt = gradients("adt", chosen)
        with_start = gradients("adt", [start, *chosen])[2]
        drtune = gradients("drtune", chosen)[2]
        target = noise - x0 if flow else noise
        t = one.timesteps[start].double().reshape(1).repeat(batch)
        diffusion = ((call(model, x_ts, t, **half("cond")) - target) ** 2).mean()
        diff = dict(zip(parameters, torch.autograd.grad(diffusion, list(parameters.values()), allow_unused=True)))
        tensors = {f"in.{k}": v for k, v in {**inputs, "x0": x0, "noise": noise, "c": c}.items()}
        tensors |= {"out.x_ts": x_ts, "out.x_final": final, "out.loss_adv": adversarial.reshape(1), "out.loss_diff": diffusion.reshape(1)}
        none = lambda g, p: torch.zeros_like(p) if g is None else g  # noqa: E731
        for k, p in parameters.items():
            each = {"adt": adt[k], "adt_with_start": with_start[k], "drtune": drtune[k], "diff": diff[k]}
            each = {n: none(g, p) for n, g in each.items()}
            if each["adt"].abs().max() < 1e-9:
                continue
            each["total"] = each["adt"] + weight * each["diff"]
            tensors |= {f"grad.{n}.{k}": g for n, g in each.items()}
        options = {
            "model": "network",
            "scheduler": {"class": "FlowMatchEulerDiscreteScheduler" if flow else scheduler.__name__, "config": config},
            "steps": steps,
            "start_index": start,
            "S_indices": chosen,
            "lambda": weight,
            "cfg_gamma": guidance,
        }
        write(name, "adt_step", {k: v.float() for k, v in tensors.items()}, options, (1e-6, 2e-4), (1e-6, 5e-4))

    def unet():
        config = dict(
            in_channels=4,
            out_channels=4,
            block_out_channels=[16, 32],
            down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"],
            up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"],
            layers_per_block=1,
            norm_num_groups=8,
            attention_head_dim=4,
            cross_attention_dim=20,
        )
        return UNet2DConditionModel(**config).eval(), lambda m, x, t, **c: m(x, t, c[""]).sample

    def sd3():
        config = dict(
            in_channels=16,
            num_layers=2,
            num_attention_heads=3,
            attention_head_dim=8,
            caption_projection_dim=24,
            joint_attention_dim=20,
            pooled_projection_dim=12,
            pos_embed_max_size=10,
            sample_size=16,
            qk_norm="rms_norm",
            dual_attention_layers=[0],
        )
        call = lambda m, x, t, **c: m(x, c[""], c["_pooled"], t).sample  # noqa: E731
        return SD3Transformer2DModel(**config).eval(), call

    scaled = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    texts = lambda batch, tokens: {"cond": normal(batch, tokens, 20), "uncond": normal(batch, tokens, 20)}  # noqa: E731
    ddim = scaled | dict(clip_sample=False, steps_offset=1, set_alpha_to_one=False)
    case("adt_step_ddim_batch1", unet, DDIMScheduler, ddim, 6, 0, [0, 2, 5], 7.5, 0.3, texts(1, 5), 1, (9, 14))
    case("adt_step_ddim_batch3", unet, DDIMScheduler, ddim | dict(timestep_spacing="trailing"), 5, 3, [4], 1.0, 1.0, texts(3, 4), 3, (8, 8))
    case("adt_step_dpm_batch3", unet, DPMSolverMultistepScheduler, scaled, 7, 1, [1, 2, 6], 4.0, 0.5, texts(3, 4), 3, (8, 12))
    case("adt_step_dpm_long", unet, DPMSolverMultistepScheduler, scaled | dict(final_sigmas_type="sigma_min", solver_type="heun"), 16, 10, [10, 11, 15], 2.0, 0.5, texts(1, 4), 1, (8, 8))
    pooled = lambda batch: {"cond_pooled": normal(batch, 12), "uncond_pooled": normal(batch, 12)}  # noqa: E731
    case("adt_step_flow_batch1", sd3, Exact, dict(shift=3.0), 5, 0, [1, 4], 5.0, 0.7, texts(1, 6) | pooled(1), 1, (8, 12))
    case("adt_step_flow_batch3", sd3, Exact, dict(shift=1.0), 4, 2, [2, 3], 7.0, 0.5, texts(3, 6) | pooled(3), 3, (6, 4))


schedulers()
training_steps()
