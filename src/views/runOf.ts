/** The run view's payload from what a live model, or a followed folder, holds. */

import type { RunData } from './runData.js'
import { measuredOf, mostChanges, mostNotes, mostRows, mostShown, progressOf, seriesOf, spread } from './runSeries.js'
import type { Judged, Run } from './schema.js'
import type { About, JudgedRecord, ReferencesRecord } from './stream.js'
import { encodeTiles } from './tiles.js'

/** Pictures are encoded once: a row stays while others come. */
const encoded = new WeakMap<Uint8Array, string[]>()

/** @param time of the last news */
export function runOf(data: RunData, about: About, time: Date): Run {
  const { label, settings, captions, status: how } = about
  const status = how === 'done' ? how : how === 'stopped' || how === 'failed' ? 'stopped' : 'running'
  const [references] = data.references
  return {
    label,
    status,
    ...(how === 'paused' ? { paused: true } : {}),
    ...(how === 'failed' && about.message ? { failure: about.message } : {}),
    settings,
    ...progressOf(data, about.total, status, time),
    ...seriesOf(data),
    ...measuredOf(data),
    ...(data.judged.length > 0 ? { judged: spread(data.judged, mostShown).map(judgedOf) } : {}),
    ...(data.notes.length > 0 ? { notes: data.notes.slice(-mostNotes) } : {}),
    ...(data.changes.length > 0 ? { changes: data.changes.slice(-mostChanges) } : {}),
    ...(captions ? { captions } : {}),
    ...(captions && references ? { references: referencesOf(captions, references) } : {}),
    samples: spread(
      data.samples.filter(({ pictures }) => pictures.every(picture => picture !== undefined)),
      mostRows,
    ).map(({ iteration, pictures }) => ({
      iteration,
      images: pictures.map(picture => tilesOf({ ...picture!, count: 1 })[0]!),
    })),
  }
}

function judgedOf({ iteration, captions, realScores, fakeScores, ...rest }: JudgedRecord): Judged {
  const count = captions.length
  const tiles = tilesOf({ ...rest, count: 2 * count })
  return { iteration, captions, realScores, fakeScores, real: tiles.slice(0, count), generated: tiles.slice(count) }
}

function referencesOf(captions: readonly string[], { prompts, ...rest }: ReferencesRecord): (string | null)[] {
  const tiles = tilesOf({ ...rest, count: prompts.length })
  return captions.map(caption => tiles[prompts.indexOf(caption)] ?? null)
}

function tilesOf(pictures: { pixels: Uint8Array; count: number; height: number; width: number }): string[] {
  const { pixels, count, height, width } = pictures
  let tiles = encoded.get(pixels)
  if (!tiles) {
    tiles = encodeTiles({ data: pixels, shape: [count, height, width, 3] })
    encoded.set(pixels, tiles)
  }
  return tiles
}
