/** The layers of the Inception v3 that FID is defined by (Szegedy et al. 2016, in the form of TensorFlow's graph of 2015). */

/** A step of the network: a convolution with its norm and ReLU, a 3×3 pooling, or chains whose results are joined. */
export type Layer = Convolution | { pool: 'max' | 'average'; stride: 1 | 2 } | { beside: Layer[][] }

export interface Convolution {
  name: string
  outputs: number
  /** height and width */
  kernel: [number, number]
  stride: 1 | 2
  /** zeros around the image, so that it keeps its size */
  padded: boolean
}

const convolution = (name: string, outputs: number, height: number, width = height): Convolution => ({
  name,
  outputs,
  kernel: [height, width],
  stride: 1,
  padded: true,
})
const unpadded = (name: string, outputs: number): Convolution => ({ ...convolution(name, outputs, 3), padded: false })
const halving = (name: string, outputs: number): Convolution => ({ ...unpadded(name, outputs), stride: 2 })
const halvingPool = { pool: 'max', stride: 2 } as const
const average = { pool: 'average', stride: 1 } as const

const named = (name: string, ...branches: Layer[][]): Layer => ({ beside: branches.map(prefixed(`${name}.`)) })

/** The same layers, their names below another. */
const prefixed =
  (prefix: string) =>
  (layers: Layer[]): Layer[] =>
    layers.map(layer => {
      if ('beside' in layer) return { beside: layer.beside.map(prefixed(prefix)) }
      return 'name' in layer ? { ...layer, name: prefix + layer.name } : layer
    })

const blockA = (name: string, pooled: number) =>
  named(
    name,
    [convolution('branch1x1', 64, 1)],
    [convolution('branch5x5_1', 48, 1), convolution('branch5x5_2', 64, 5)],
    [convolution('branch3x3dbl_1', 64, 1), convolution('branch3x3dbl_2', 96, 3), convolution('branch3x3dbl_3', 96, 3)],
    [average, convolution('branch_pool', pooled, 1)],
  )

const blockB = named(
  'Mixed_6a',
  [halving('branch3x3', 384)],
  [convolution('branch3x3dbl_1', 64, 1), convolution('branch3x3dbl_2', 96, 3), halving('branch3x3dbl_3', 96)],
  [halvingPool],
)

const blockC = (name: string, inner: number) =>
  named(
    name,
    [convolution('branch1x1', 192, 1)],
    [
      convolution('branch7x7_1', inner, 1),
      convolution('branch7x7_2', inner, 1, 7),
      convolution('branch7x7_3', 192, 7, 1),
    ],
    [
      convolution('branch7x7dbl_1', inner, 1),
      convolution('branch7x7dbl_2', inner, 7, 1),
      convolution('branch7x7dbl_3', inner, 1, 7),
      convolution('branch7x7dbl_4', inner, 7, 1),
      convolution('branch7x7dbl_5', 192, 1, 7),
    ],
    [average, convolution('branch_pool', 192, 1)],
  )

const blockD = named(
  'Mixed_7a',
  [convolution('branch3x3_1', 192, 1), halving('branch3x3_2', 320)],
  [
    convolution('branch7x7x3_1', 192, 1),
    convolution('branch7x7x3_2', 192, 1, 7),
    convolution('branch7x7x3_3', 192, 7, 1),
    halving('branch7x7x3_4', 192),
  ],
  [halvingPool],
)

const blockE = (name: string, pool: 'max' | 'average') =>
  named(
    name,
    [convolution('branch1x1', 320, 1)],
    [
      convolution('branch3x3_1', 384, 1),
      { beside: [[convolution('branch3x3_2a', 384, 1, 3)], [convolution('branch3x3_2b', 384, 3, 1)]] },
    ],
    [
      convolution('branch3x3dbl_1', 448, 1),
      convolution('branch3x3dbl_2', 384, 3),
      { beside: [[convolution('branch3x3dbl_3a', 384, 1, 3)], [convolution('branch3x3dbl_3b', 384, 3, 1)]] },
    ],
    [{ pool, stride: 1 }, convolution('branch_pool', 192, 1)],
  )

/** The network in four stages; after each, its features averaged over the image are of use. */
export const stages: [Layer[], Layer[], Layer[], Layer[]] = [
  [halving('Conv2d_1a_3x3', 32), unpadded('Conv2d_2a_3x3', 32), convolution('Conv2d_2b_3x3', 64, 3), halvingPool],
  [convolution('Conv2d_3b_1x1', 80, 1), unpadded('Conv2d_4a_3x3', 192), halvingPool],
  [
    blockA('Mixed_5b', 32),
    blockA('Mixed_5c', 64),
    blockA('Mixed_5d', 64),
    blockB,
    blockC('Mixed_6b', 128),
    blockC('Mixed_6c', 160),
    blockC('Mixed_6d', 160),
    blockC('Mixed_6e', 192),
  ],
  // That graph takes the maximum in its last block, where the paper's takes the average.
  [blockD, blockE('Mixed_7b', 'average'), blockE('Mixed_7c', 'max')],
]
