// How a value looks in a notebook: a MIME bundle, rich where it can be and always with a text that says the same.
// A value may say so itself by a method [Symbol.for('Jupyter.display')], the convention of Deno's kernel; tensors,
// images, figures, tables and errors are known here. Runs in the execution process and fetches no more than it shows.
export { toBundle } from './bundle.js'
export { checkBundle, encodeBundle } from './encode.js'
export { describeTensors } from './tensor.js'
