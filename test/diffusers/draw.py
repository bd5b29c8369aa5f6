"""Draws with diffusers from a folder that ADT saved, and tells what it drew and how it read the texts.

draw.py FOLDER REQUEST.json LATENTS.safetensors OUTPUT.safetensors
"""
import json
import sys

import torch
from diffusers import DiffusionPipeline
from safetensors.torch import load_file, save_file

folder, request, latents, output = sys.argv[1:]
request = json.load(open(request))
pipeline = DiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
pipeline.set_progress_bar_config(disable=True)
if request.get("lora"):
    pipeline.load_lora_weights(request["lora"])
    from peft.utils import get_peft_model_state_dict

    # And written anew, by peft's own names and with its own settings.
    part = "transformer" if hasattr(pipeline, "transformer") else "unet"
    network = getattr(pipeline, part)
    layers = {f"{part}_lora_layers": get_peft_model_state_dict(network, adapter_name="default_0")}
    metadata = {f"{part}_lora_adapter_metadata": network.peft_config["default_0"].to_dict()}
    pipeline.save_lora_weights(request["lora"] + "-again", **layers, **metadata)
encode = dict(prompt=request["prompts"], device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=True)
if "StableDiffusion3" in type(pipeline).__name__:
    encode |= dict(prompt_2=None, prompt_3=None)
encoded = pipeline.encode_prompt(**encode)
names = ["positive", "negative", "positive_pooled", "negative_pooled"]
images = pipeline(
    request["prompts"],
    num_inference_steps=request["steps"],
    guidance_scale=request["guidance"],
    latents=load_file(latents)["latents"],
    height=request["size"],
    width=request["size"],
    output_type="pt",
    **{name: tuple(value) for name, value in request.get("more", {}).items()},
).images
tensors = {name: tensor.contiguous() for name, tensor in zip(names, encoded) if tensor is not None}
save_file({**tensors, "images": images.contiguous()}, output)
