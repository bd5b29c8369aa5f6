/** What went wrong between us and a Ray cluster, in words that say what to do. */
export class RayError extends Error {
  override name = 'RayError'
}
