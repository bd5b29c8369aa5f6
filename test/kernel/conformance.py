"""Runs jupyter_kernel_test, Jupyter's own conformance suite, on the kernel "adt"."""

import unittest

import jupyter_kernel_test

HOST = "globalThis[Symbol.for('adt.host')]"


class AdtKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "adt"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    code_generate_error = "throw new Error('boom')"
    completion_samples = [
        {"text": "Math.hyp", "matches": {"hypot"}},
        {"text": "jupyter.clear", "matches": {"clearOutput"}},
    ]
    complete_code_samples = ["1 + 1", "const f = () => {\n  return 1\n}"]
    incomplete_code_samples = ["for (const x of xs) {", "f(", "`open"]
    invalid_code_samples = ["let 1a = )(", "const const"]
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "[1, 2].map(x => x * 2)", "result": "[ 2, 4 ]"},
    ]
    code_display_data = [
        {"code": f"{HOST}.display({{'text/html': '<b>x</b>'}})", "mime": "text/html"},
        {"code": f"{HOST}.display({{'image/png': new Uint8Array(4)}})", "mime": "image/png"},
    ]
    code_history_pattern = "6 ? 7*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.sqrt"
    code_clear_output = "jupyter.clearOutput()"


class AdtIopubWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "adt"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
