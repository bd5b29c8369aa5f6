import { rm } from 'node:fs/promises'
import { benchPython, howToGetPeer } from '../../scripts/bench/python.js'
import { temporaryFolder } from '../models/small.js'

/** The Python that has diffusers; without it the tests here are skipped. */
export const python = benchPython()

/** In a `describe`: skips it where there is no such Python, and gives each of its tests a folder of its own. */
export function peerFolder(): () => string {
  let folder: string
  before(function () {
    if (python) return
    console.log(howToGetPeer)
    this.skip()
  })
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  return () => folder
}
