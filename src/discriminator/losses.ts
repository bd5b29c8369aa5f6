import { tf } from '../tensorflow/index.js'

/**
 * Hinge loss of the discriminator (Eq. 9): per image, the sum over heads of max(0, 1 − D(real)) + max(0, 1 + D(fake));
 * then the mean over the batch. Scores of the Siamese kind lie in [−1, 1], where neither hinge ever clips: the loss is
 * then linear in the scores.
 * @param real scores of real images [batch, heads]
 * @param fake scores of generated images [batch, heads]
 */
export function discriminatorLoss(real: tf.Tensor2D, fake: tf.Tensor2D): tf.Scalar {
  const perHead = tf.add(tf.relu(tf.sub(1, real)), tf.relu(tf.add(1, fake)))
  return tf.mean(tf.sum(perHead, 1))
}

/** Adversarial loss of the generator (Eq. 8, first line): the mean over the batch of −Σ D(fake) over heads [batch, heads]. */
export function generatorLoss(fake: tf.Tensor2D): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(fake, 1))) as tf.Scalar
}
