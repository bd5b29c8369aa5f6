"""Networks of diffusers and transformers at other sizes, resolutions and batches than the golden cases."""
import os
import re

import torch
from common import normal, random, root, vjp, write
from diffusers import AutoencoderKL, SD3Transformer2DModel, UNet2DConditionModel
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Dinov2Config,
    Dinov2Model,
    T5Config,
    T5EncoderModel,
)


def ids(vocabulary, *shape):
    return torch.randint(3, vocabulary, shape, generator=random)


def shaken(model):
    """Scales and shifts that are not one and zero, so that an error in them shows."""
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.1 * normal(*parameter.shape)
    return model.eval()


def stored(name):
    """The name that a parameter of Dinov2Model has on disk."""
    for now, then in [("q_proj", "attention.query"), ("k_proj", "attention.key"), ("v_proj", "attention.value"), ("o_proj", "output.dense")]:
        name = re.sub(rf"^(encoder\.layer\.\d+\.attention)\.{now}\.", rf"\1.{then}.", name)
    return name


def case(name, component, model, inputs, run, gradients_of=()):
    """`run` gives outputs by name from inputs by name; gradients are of the inputs named and of every parameter."""
    model.save_pretrained(os.path.join(root, name))
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    model.double()
    leaves = {k: v.double().requires_grad_(k in gradients_of) if v.is_floating_point() else v for k, v in inputs.items()}
    outputs = run(model, **leaves)
    derived = ("model_latent", "decoded", "cosine", "logits", "hps", "clip_")
    wanted = {f"in.{k}": leaves[k] for k in gradients_of}
    wanted |= {f"param.{stored(k)}": v for k, v in model.named_parameters()}
    tensors = vjp({k: v for k, v in outputs.items() if not k.startswith(derived)}, wanted)
    tensors = {k: v.float() for k, v in tensors.items()} | {f"out.{k}": v.float() for k, v in outputs.items()}
    tensors |= {f"in.{k}": v if v.is_floating_point() else v.int() for k, v in inputs.items()}
    write(name, component, tensors)


def unets():
    def run(model, sample, timestep, encoder_hidden_states, **added):
        return {"sample": model(sample, timestep, encoder_hidden_states, added_cond_kwargs=added or None).sample}

    def of(name, config, batch, size, tokens, added=None):
        model = shaken(UNet2DConditionModel(**config))
        inputs = {
            "sample": normal(batch, config["in_channels"], *size),
            "timestep": torch.randint(0, 1000, (batch,), generator=random),
            "encoder_hidden_states": normal(batch, tokens, config["cross_attention_dim"]),
        }
        gradients = ["sample", "encoder_hidden_states"]
        if added:
            inputs |= {"text_embeds": normal(batch, added), "time_ids": 100 * normal(batch, 6).abs()}
            gradients.append("text_embeds")
        case(name, "UNet2DConditionModel", model, inputs, run, gradients)

    four = dict(
        down_block_types=["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
        up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
        in_channels=4,
        out_channels=4,
        cross_attention_dim=20,
    )
    base = dict(four, block_out_channels=[32, 32, 48, 64], norm_num_groups=16, attention_head_dim=4)
    of("unet_batch1_odd", base, 1, (13, 19), 5)
    of("unet_batch3_wide", dict(base, layers_per_block=1, sample_size=24), 3, (8, 24), 77)
    of("unet_odd_down", dict(base, layers_per_block=1), 2, (17, 9), 3)
    of("unet_groups", dict(four, block_out_channels=[8, 16, 24, 40], norm_num_groups=4, attention_head_dim=2), 2, (16, 16), 4)
    # Stable Diffusion 2: linear projections, heads by level, velocity.
    of("unet_sd2", dict(base, use_linear_projection=True, attention_head_dim=[2, 4, 4, 8], upcast_attention=True), 1, (16, 8), 6)
    of("unet_inpainting", dict(base, in_channels=9, layers_per_block=1), 1, (8, 16), 6)
    of("unet_shift", dict(base, layers_per_block=1, flip_sin_to_cos=False, freq_shift=1, mid_block_scale_factor=1.5), 2, (8, 8), 6)
    xl = dict(
        in_channels=4,
        out_channels=4,
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        block_out_channels=[24, 48, 64],
        norm_num_groups=8,
        layers_per_block=2,
        transformer_layers_per_block=[1, 2, 2],
        attention_head_dim=[3, 6, 8],
        cross_attention_dim=28,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=12,
        projection_class_embeddings_input_dim=14 + 6 * 12,
    )
    of("unet_sdxl_batch1", xl, 1, (11, 14), 7, 14)
    of("unet_sdxl_batch3", dict(xl, layers_per_block=1), 3, (8, 12), 9, 14)
    refiner = dict(
        xl,
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types=["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        block_out_channels=[16, 32, 48, 48],
        transformer_layers_per_block=2,
        attention_head_dim=[2, 4, 6, 6],
        layers_per_block=1,
    )
    of("unet_sdxl_refiner", refiner, 2, (16, 24), 5, 14)


def sd3s():
    def run(model, hidden_states, timestep, encoder_hidden_states, pooled_projections):
        return {
            "sample": model(
                hidden_states=hidden_states,
                timestep=timestep,
                encoder_hidden_states=encoder_hidden_states,
                pooled_projections=pooled_projections,
            ).sample
        }

    def of(name, config, batch, size, tokens):
        model = shaken(SD3Transformer2DModel(**config))
        inputs = {
            "hidden_states": normal(batch, config["in_channels"], *size),
            "timestep": 1000 * torch.rand(batch, generator=random),
            "encoder_hidden_states": normal(batch, tokens, config["joint_attention_dim"]),
            "pooled_projections": normal(batch, config["pooled_projection_dim"]),
        }
        gradients = ["hidden_states", "encoder_hidden_states", "pooled_projections"]
        case(name, "SD3Transformer2DModel", model, inputs, run, gradients)

    base = dict(
        in_channels=16,
        num_layers=3,
        num_attention_heads=6,
        attention_head_dim=4,
        caption_projection_dim=24,
        joint_attention_dim=20,
        pooled_projection_dim=12,
        pos_embed_max_size=16,
        sample_size=20,
    )
    of("sd3_batch1_wide", base, 1, (10, 30), 7)
    of("sd3_batch3_tall", dict(base, num_layers=2), 3, (18, 6), 4)
    norm = dict(base, qk_norm="rms_norm", dual_attention_layers=[0, 2], num_layers=4)
    of("sd35_odd_dual", norm, 2, (14, 22), 9)
    of("sd35_large", dict(norm, dual_attention_layers=[]), 1, (8, 8), 3)
    of("sd3_out_channels", dict(base, in_channels=4, out_channels=6, num_layers=1), 2, (12, 12), 5)
    of("sd3_patch4", dict(base, patch_size=4, sample_size=32), 1, (24, 32), 5)


def autoencoders():
    def run(model, image, latent):
        config = model.config
        shift = config.shift_factor or 0.0
        encoded = model.encode(image).latent_dist
        return {
            "mean": encoded.mean,
            "logvar": encoded.logvar,
            "sample": model.decode(latent).sample,
            "model_latent": (encoded.mean - shift) * config.scaling_factor,
            "decoded_model_latent": model.decode(latent / config.scaling_factor + shift).sample,
        }

    def of(name, config, batch, size, latent):
        levels = len(config["block_out_channels"])
        config = dict(
            config,
            down_block_types=["DownEncoderBlock2D"] * levels,
            up_block_types=["UpDecoderBlock2D"] * levels,
        )
        model = shaken(AutoencoderKL(**config))
        inputs = {"image": normal(batch, 3, *size), "latent": normal(batch, config["latent_channels"], *latent)}
        case(name, "AutoencoderKL", model, inputs, run, ["image", "latent"])

    base = dict(block_out_channels=[16, 32, 32, 48], norm_num_groups=16, layers_per_block=2, latent_channels=4)
    of("vae_odd", dict(base, scaling_factor=0.18215), 1, (37, 53), (5, 3))
    of("vae_batch3", dict(base, layers_per_block=1, scaling_factor=0.13025), 3, (24, 40), (3, 5))
    sixteen = dict(latent_channels=16, scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False)
    of("vae_sd3_wide", dict(base, **sixteen, layers_per_block=1), 2, (32, 64), (2, 7))
    of("vae_two_levels", dict(base, block_out_channels=[8, 24], norm_num_groups=8), 2, (18, 22), (7, 6))
    of("vae_without_attention", dict(base, mid_block_add_attention=False, layers_per_block=1), 1, (16, 24), (4, 4))


def texts():
    def run(model, input_ids):
        output = model(input_ids, output_hidden_states=True)
        states = {f"hidden_states.{i}": state for i, state in enumerate(output.hidden_states)}
        rest = {n: output[n] for n in ("last_hidden_state", "pooler_output", "text_embeds") if output.get(n) is not None}
        return {**states, **rest}

    def text(name, kind, batch, length, end, **config):
        config = CLIPTextConfig(**{"vocab_size": 120, "bos_token_id": 0, "eos_token_id": 2, **config})
        tokens = ids(config.vocab_size - 1, batch, length)
        for row, at in enumerate(end):
            tokens[row, at:] = config.vocab_size - 1 if config.eos_token_id == 2 else config.eos_token_id
        case(name, kind.__name__, shaken(kind(config)), {"input_ids": tokens}, run)

    wide = dict(hidden_size=48, intermediate_size=100, num_attention_heads=6, num_hidden_layers=2, projection_dim=20)
    text("clip_text_batch1", CLIPTextModel, 1, 77, [30], **wide)
    text("clip_text_short", CLIPTextModel, 3, 9, [2, 8, 5], **dict(wide, max_position_embeddings=32))
    text("clip_text_gelu", CLIPTextModel, 2, 16, [4, 15], **dict(wide, hidden_act="gelu", max_position_embeddings=16))
    text("clip_text_projected", CLIPTextModelWithProjection, 3, 20, [1, 19, 7], **dict(wide, hidden_act="gelu"))
    text("clip_text_end", CLIPTextModelWithProjection, 2, 20, [3, 11], **dict(wide, eos_token_id=77))
    text("clip_text_epsilon", CLIPTextModel, 1, 12, [6], **dict(wide, layer_norm_eps=1e-3, num_hidden_layers=5))

    def t5(model, input_ids):
        output = model(input_ids, output_hidden_states=True)
        states = {f"hidden_states.{i}": state for i, state in enumerate(output.hidden_states[:-1])}
        return {**states, "last_hidden_state": output.last_hidden_state}

    def encoder(name, batch, length, **config):
        config = T5Config(**{"feed_forward_proj": "gated-gelu", "vocab_size": 90, **config})
        case(name, "T5EncoderModel", shaken(T5EncoderModel(config)), {"input_ids": ids(90, batch, length)}, t5)

    small = dict(d_model=24, d_kv=6, d_ff=50, num_heads=3, num_layers=2)
    encoder("t5_batch1_long", 1, 300, **small)
    encoder("t5_batch3", 3, 11, **dict(small, num_layers=4, num_heads=5))
    encoder("t5_buckets", 2, 150, **dict(small, relative_attention_num_buckets=20, relative_attention_max_distance=60))


def images():
    def vision(model, pixel_values):
        output = model(pixel_values)
        return {"image_embeds": output.image_embeds, "last_hidden_state": output.last_hidden_state}

    def clip_vision(name, batch, **config):
        config = CLIPVisionConfig(**config)
        pixels = normal(batch, 3, config.image_size, config.image_size)
        model = shaken(CLIPVisionModelWithProjection(config))
        case(name, "CLIPVisionModelWithProjection", model, {"pixel_values": pixels}, vision, ["pixel_values"])

    tower = dict(hidden_size=48, intermediate_size=90, num_attention_heads=3, num_hidden_layers=3, projection_dim=20)
    clip_vision("clip_vision_batch1", 1, **dict(tower, image_size=48, patch_size=16))
    clip_vision("clip_vision_batch3", 3, **dict(tower, image_size=70, patch_size=14, hidden_act="gelu"))
    # 50 is no multiple of 16: the rest of the image is dropped.
    clip_vision("clip_vision_rest", 2, **dict(tower, image_size=50, patch_size=16))

    def clip(model, pixel_values, input_ids):
        output = model(input_ids=input_ids, pixel_values=pixel_values)
        cosine = (output.image_embeds * output.text_embeds).sum(1)
        return {
            "image_embeds": output.image_embeds,
            "text_embeds": output.text_embeds,
            "logits_per_image": output.logits_per_image,
            "cosine": cosine,
            "hps_percent": 100 * cosine,
            "clip_score": cosine.mean().reshape(1),
        }

    def whole(name, batch, act, end):
        text = dict(hidden_size=40, intermediate_size=70, num_attention_heads=5, num_hidden_layers=2, vocab_size=80)
        text |= dict(max_position_embeddings=12, hidden_act=act, bos_token_id=0, eos_token_id=end)
        config = CLIPConfig(text_config=text, vision_config=dict(tower, image_size=32, patch_size=8, hidden_act=act), projection_dim=18)
        tokens = ids(79, batch, 12)
        tokens[:, 9:] = 79
        inputs = {"pixel_values": normal(batch, 3, 32, 32), "input_ids": tokens}
        case(name, "CLIPModel", shaken(CLIPModel(config)), inputs, clip, ["pixel_values"])

    whole("clip_batch1", 1, "quick_gelu", 2)
    whole("clip_batch3", 3, "gelu", 79)

    def dino(blocks):
        def run(model, pixel_values):
            output = model(pixel_values, output_hidden_states=True)
            states = {f"block.{i}": output.hidden_states[i + 1] for i in blocks}
            rest = {"last_hidden_state": output.last_hidden_state, "embeddings": output.hidden_states[0]}
            return {**states, **rest, "pooler_output": output.pooler_output}

        return run

    def dinov2(name, batch, size, blocks, **config):
        config = Dinov2Config(**config)
        model = shaken(Dinov2Model(config))
        case(name, "Dinov2Model", model, {"pixel_values": normal(batch, 3, *size)}, dino(blocks), ["pixel_values"])

    network = dict(hidden_size=48, num_hidden_layers=4, num_attention_heads=6, image_size=70, patch_size=14)
    dinov2("dinov2_batch1", 1, (70, 70), [0, 3], **network)
    dinov2("dinov2_batch3", 3, (56, 56), [1, 2], **network)
    dinov2("dinov2_wide", 2, (42, 126), [3], **network)
    dinov2("dinov2_rest", 1, (75, 99), [2, 3], **network)
    dinov2("dinov2_518", 1, (70, 84), [0], **dict(network, image_size=518, num_hidden_layers=1))
    dinov2("dinov2_patch16", 2, (64, 48), [1], **dict(network, image_size=32, patch_size=16, qkv_bias=False, mlp_ratio=3, use_mask_token=False))


for make in (unets, sd3s, autoencoders, texts, images):
    make()
