// Images with captions: the emoji that ship with the project, or a folder of your own.
// A data set keeps its images as bytes in memory and hands out numbers in [−1, 1]; nothing here needs TensorFlow.
// Also here: image grids as PNG, and files written so that a crash leaves no half of one.
export {
  createDataset,
  createImageDataset,
  type Dataset,
  type Frame,
  hashOf,
  type ImageText,
  shuffled,
} from './dataset.js'
export { type EmojiOptions, emoji, emojiCaption, emojiNames } from './emoji.js'
export { type EmojiStyle, emojiPackages, emojiStyles } from './emojiSource.js'
export { cacheFolder, packageFacts, packageRoot, WriteError, writeFileAtomic } from './files.js'
export { type ImageFolderOptions, imageFolder, readImage } from './imageFolder.js'
export { namedData } from './named.js'
export { parquetData } from './parquet.js'
export { encodePng, type GridOptions, gridSize, type ImageBatch, readGrid, toBytes, writeGrid } from './png.js'
export { webDataset } from './webDataset.js'
