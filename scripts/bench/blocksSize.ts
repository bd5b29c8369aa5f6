/** What the blocks bench measures. */

export interface BlocksSize {
  batch: number
  /** Height and width. */
  side: number
  channels: number
}

/** As in Stable Diffusion 1.5. */
export const heads = 8
export const embedChannels = 1280
export const contextTokens = 77
export const contextChannels = 768
