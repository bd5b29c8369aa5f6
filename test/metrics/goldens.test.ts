import assert from 'node:assert/strict'
import { describeVerification, verify } from '../../src/cli/verify/index.js'
import { goldens } from '../goldens.js'

describe('metrics, against its golden cases', () => {
  for (const { name, folder } of goldens('').filter(({ name }) => /^(metrics|aesthetic)_/.test(name))) {
    it(name, async () => {
      for await (const result of verify([folder])) assert.equal(result.status, 'ok', describeVerification(result))
    })
  }
})
