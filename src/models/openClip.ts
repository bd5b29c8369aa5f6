import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { configParser, count, layerCount, type ModelConfig } from './config.js'
import { readJson } from './files.js'

/** Where a tensor of transformers' CLIPModel is in a file of OpenCLIP. */
export interface OpenClipPlace {
  /** transformers' name */
  name: string
  /** the third of the rows that it is: queries, keys and values lie in one matrix */
  third?: 0 | 1 | 2
  /** projections of embeddings are stored as [inputs, outputs] */
  transposed?: true
}

const outside: Record<string, OpenClipPlace> = {
  logit_scale: { name: 'logit_scale' },
  positional_embedding: { name: 'text_model.embeddings.position_embedding.weight' },
  'token_embedding.weight': { name: 'text_model.embeddings.token_embedding.weight' },
  'ln_final.weight': { name: 'text_model.final_layer_norm.weight' },
  'ln_final.bias': { name: 'text_model.final_layer_norm.bias' },
  text_projection: { name: 'text_projection.weight', transposed: true },
  'visual.class_embedding': { name: 'vision_model.embeddings.class_embedding' },
  'visual.positional_embedding': { name: 'vision_model.embeddings.position_embedding.weight' },
  'visual.conv1.weight': { name: 'vision_model.embeddings.patch_embedding.weight' },
  'visual.ln_pre.weight': { name: 'vision_model.pre_layrnorm.weight' },
  'visual.ln_pre.bias': { name: 'vision_model.pre_layrnorm.bias' },
  'visual.ln_post.weight': { name: 'vision_model.post_layernorm.weight' },
  'visual.ln_post.bias': { name: 'vision_model.post_layernorm.bias' },
  'visual.proj': { name: 'visual_projection.weight', transposed: true },
}
const inBlock: Record<string, string> = {
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'attn.out_proj': 'self_attn.out_proj',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2',
}

/** A name that only OpenCLIP's files have. */
export const openClipMark = 'visual.class_embedding'

/** The tensors of CLIPModel that are stored under a name of OpenCLIP; none for a name that it does not have. */
export function openClipPlaces(stored: string): OpenClipPlace[] {
  const place = outside[stored]
  if (place) return [place]
  const [, tower, index, layer] = /^(visual\.)?transformer\.resblocks\.(\d+)\.(.+)$/.exec(stored) ?? []
  if (layer === undefined) return []
  const block = `${tower ? 'vision_model' : 'text_model'}.encoder.layers.${index}`
  const [, kind] = /^attn\.in_proj_(weight|bias)$/.exec(layer) ?? []
  if (kind) {
    return (['q', 'k', 'v'] as const).map((which, i) => ({
      name: `${block}.self_attn.${which}_proj.${kind}`,
      third: i as 0 | 1 | 2,
    }))
  }
  const [, part = '', end] = /^(.+)\.(weight|bias)$/.exec(layer) ?? []
  return inBlock[part] ? [{ name: `${block}.${inBlock[part]}.${end}` }] : []
}

const openClipConfig = configParser(
  'CLIP (open_clip_config.json)',
  z.object({
    model_cfg: z.object({
      embed_dim: count,
      quick_gelu: z.boolean().default(false),
      vision_cfg: z.object({
        image_size: count.default(224),
        layers: layerCount.default(12),
        width: count.default(768),
        head_width: count.default(64),
        patch_size: count.default(16),
        mlp_ratio: z.number().positive().default(4),
      }),
      text_cfg: z.object({
        context_length: count.default(77),
        vocab_size: count.default(49408),
        width: count.default(512),
        heads: count.default(8),
        layers: layerCount.default(12),
        mlp_ratio: z.number().positive().default(4),
      }),
    }),
    preprocess_cfg: z
      .object({ mean: z.array(z.number()), std: z.array(z.number()) })
      .partial()
      .default({}),
  }),
)

/**
 * The configuration that transformers would have for a CLIP of OpenCLIP (HPSv2's ViT-H/14, say), from
 * `open_clip_config.json`; undefined where the folder has none.
 *
 * @throws Error naming the field that is missing or wrong
 */
export async function readOpenClipConfig(
  folder: string,
): Promise<{ config: ModelConfig; preprocessor: Record<string, unknown> } | undefined> {
  const file = join(folder, 'open_clip_config.json')
  if (!existsSync(file)) return undefined
  const { model_cfg: model, preprocess_cfg: preprocess } = openClipConfig(await readJson(file))
  const { vision_cfg: vision, text_cfg: text } = model
  const tower = (width: number, layers: number, heads: number, ratio: number) => ({
    hidden_size: width,
    intermediate_size: Math.floor(width * ratio),
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_act: model.quick_gelu ? 'quick_gelu' : 'gelu',
  })
  return {
    config: {
      architectures: ['CLIPModel'],
      projection_dim: model.embed_dim,
      text_config: {
        ...tower(text.width, text.layers, text.heads, text.mlp_ratio),
        vocab_size: text.vocab_size,
        max_position_embeddings: text.context_length,
        // A text ends at its largest token, whatever follows.
        eos_token_id: 2,
      },
      vision_config: {
        ...tower(vision.width, vision.layers, vision.width / vision.head_width, vision.mlp_ratio),
        image_size: vision.image_size,
        patch_size: vision.patch_size,
      },
    },
    preprocessor: {
      ...(preprocess.mean && { image_mean: preprocess.mean }),
      ...(preprocess.std && { image_std: preprocess.std }),
    },
  }
}
