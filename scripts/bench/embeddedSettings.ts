/** What the embedded bench measures: the quick start's model, sampler and settings. */

export interface EmbeddedSettings {
  batch: number
  /** Of DDIM. */
  steps: number
  guidance: number
  K: number
}
