/** What every case says of itself, and what its run tells. */

/** A file, or a folder, that is broken or made to do harm. */
export interface HostileCase {
  /** the kind of file, for the table */
  area: string
  name: string
  /** what opens it */
  open: 'safetensors' | 'model' | 'pipeline' | 'tokenizer' | 'lora' | 'statistics' | 'images' | 'tar' | 'parquet'
  /** Makes it in a folder, where a small pipeline in the layout of Stable Diffusion 1.5 lies already; gives what is opened. */
  make: (folder: string) => Promise<string>
  /** the error's words, or `read` where the file is odd but fine */
  says: RegExp | 'read'
}

export interface Tried {
  area: string
  name: string
  /** the error's message, paths shortened; none when it was read */
  message?: string
  /** by how much the process's peak memory rose above what it had before, MiB; none where the system does not tell */
  growth?: number
  milliseconds: number
}
