// What kernel_info_reply says.
import { createRequire } from 'node:module'
import { PROTOCOL_VERSION } from './protocol/message.js'

const require = createRequire(import.meta.url)
const { version } = require('../package.json') as { version: string }
// Only the number: TypeScript itself is loaded in a thread of its own.
const typescript = (require('typescript/package.json') as { version: string }).version

export const kernelInfo = {
  protocol_version: PROTOCOL_VERSION,
  implementation: 'adt',
  implementation_version: version,
  language_info: {
    name: 'typescript',
    version: typescript,
    mimetype: 'text/typescript',
    file_extension: '.ts',
    pygments_lexer: 'typescript',
    codemirror_mode: { name: 'javascript', typescript: true },
    nbconvert_exporter: 'script',
  },
  banner: `TypeScript ${typescript} on Node.js ${process.versions.node} (ADT Lab ${version})`,
  debugger: true,
  supported_features: ['kernel subshells', 'debugger'],
  help_links: [{ text: 'TypeScript', url: 'https://www.typescriptlang.org/docs/' }],
}
