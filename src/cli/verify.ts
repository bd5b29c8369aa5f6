import { Command } from 'commander'

export function verifyCommand(): Command {
  return new Command('verify')
    .summary('compare with a reference implementation’s golden cases')
    .description(
      'Runs golden cases and compares every output and gradient at the case’s own tolerance, in the way that ADT_JIT says: eager, graph or xla.',
    )
    .argument('<folder...>', 'a case (a folder with case.json), or a folder of cases')
    .addHelpText('after', '\nExample:\n  $ adt verify goldens/unet_sd15 goldens/scheduler_ddim_linear')
    .action(async (folders: string[]) => {
      const [{ describeVerification, verify }, { useTensorFloat32 }] = await Promise.all([
        import('./verify/index.js'),
        import('../tensorflow/index.js'),
      ])
      // The tolerances are those of float32 products.
      useTensorFloat32(false)
      let failed = false
      for await (const result of verify(folders)) {
        console.log(describeVerification(result))
        failed ||= result.status !== 'ok'
      }
      if (failed) process.exitCode = 1
    })
}
