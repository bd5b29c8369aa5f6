"""Runs jupyter_kernel_test, Jupyter's own conformance suite, on the kernels that are named.

Prints a JSON object a line for each test: {"kernel", "test", "outcome": "pass" | "FAIL" | "skip", "why"}.
"""

import json
import signal
import sys
import unittest

import jupyter_kernel_test

# A kernel that never answers would be waited for without end.
PATIENCE_S = 60
WAIT_S = 15

TYPESCRIPT = {
    "language_name": "typescript",
    "file_extension": ".ts",
    "code_hello_world": "console.log('hello, world')",
    "code_stderr": "console.error('oops')",
    "code_generate_error": "throw new Error('boom')",
    "completion_samples": [{"text": "Math.hyp", "matches": {"hypot"}}],
    "complete_code_samples": ["1 + 1", "const f = () => {\n  return 1\n}"],
    "incomplete_code_samples": ["for (const x of xs) {", "f(", "`open"],
    "invalid_code_samples": ["let 1a = )(", "const const"],
    "code_execute_result": [
        {"code": "6 * 7", "result": "42"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "[1, 2].map(x => x * 2)", "result": "[ 2, 4 ]"},
    ],
    "code_inspect_sample": "Math.sqrt",
}

# What a kernel has no way to ask for is left out, and skipped by the suite.
KERNELS = {
    "adt": {
        **TYPESCRIPT,
        "completion_samples": [
            {"text": "Math.hyp", "matches": {"hypot"}},
            {"text": "jupyter.clear", "matches": {"clearOutput"}},
        ],
        "code_display_data": [
            {"code": "jupyter.display({'text/html': '<b>x</b>'})", "mime": "text/html"},
            {"code": "jupyter.display({'image/png': new Uint8Array(4)})", "mime": "image/png"},
        ],
        "code_clear_output": "jupyter.clearOutput()",
        "code_page_something": "jupyter.page({'text/plain': 'a long text'})",
    },
    "tslab": {
        **TYPESCRIPT,
        "code_display_data": [
            {"code": "require('tslab').display.html('<b>x</b>')", "mime": "text/html"},
            {"code": "require('tslab').display.png(new Uint8Array(4))", "mime": "image/png"},
        ],
    },
    "deno": {
        **TYPESCRIPT,
        "code_execute_result": [
            {"code": "6 * 7", "result": "\x1b[33m42\x1b[39m"},
            {"code": "'a' + 'b'"},
            {"code": "[1, 2].map(x => x * 2)"},
        ],
        "code_display_data": [
            {"code": "await Deno.jupyter.display({'text/html': '<b>x</b>'}, {raw: true})", "mime": "text/html"},
            {"code": "await Deno.jupyter.display({'image/png': 'AAAA'}, {raw: true})", "mime": "image/png"},
        ],
        "code_clear_output": "await Deno.jupyter.broadcast('clear_output', {wait: false})",
    },
    "python3": {
        "language_name": "python",
        "file_extension": ".py",
        "code_hello_world": "print('hello, world')",
        "code_stderr": "import sys; print('oops', file=sys.stderr)",
        "code_generate_error": "raise ValueError('boom')",
        "completion_samples": [{"text": "zi", "matches": {"zip"}}],
        "complete_code_samples": ["1 + 1", "def f():\n  return 1\n\n"],
        "incomplete_code_samples": ["for x in xs:", "f(", "'''open"],
        "invalid_code_samples": ["let 1a = )(", "def def"],
        "code_execute_result": [
            {"code": "6 * 7", "result": "42"},
            {"code": "'a' + 'b'", "result": "'ab'"},
            {"code": "[x * 2 for x in [1, 2]]", "result": "[2, 4]"},
        ],
        "code_display_data": [
            {"code": "from IPython.display import HTML, display; display(HTML('<b>x</b>'))", "mime": "text/html"},
        ],
        "code_inspect_sample": "zip",
        "code_clear_output": "from IPython.display import clear_output; clear_output()",
        "code_page_something": "zip?",
    },
}
HISTORY = {"code_history_pattern": "6 ? 7*", "supported_history_operations": ("tail", "range", "search")}


class Outcomes(unittest.TestResult):
    """The worst of what a test and its subtests came to."""

    RANK = ["pass", "skip", "FAIL"]

    def __init__(self, kernel):
        super().__init__()
        self.kernel = kernel
        self.latest = ("pass", "")

    def startTest(self, test):
        super().startTest(test)
        self.latest = ("pass", "")
        signal.alarm(PATIENCE_S)

    def stopTest(self, test):
        signal.alarm(0)
        outcome, why = self.latest
        name = test.id().split(".")[-1].removeprefix("test_")
        print(json.dumps({"kernel": self.kernel, "test": name, "outcome": outcome, "why": why}), flush=True)
        super().stopTest(test)

    def note(self, outcome, why):
        if self.RANK.index(outcome) > self.RANK.index(self.latest[0]):
            self.latest = (outcome, why)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note("skip", reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note("FAIL", reason_of(err))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note("FAIL", reason_of(err))


class Patient:
    """The suite waits 0.1 s for a broadcast: too short on a busy machine for any kernel, and for the first cell of some."""

    flushing = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kc.execute("1")
        cls.kc.get_shell_msg(timeout=PATIENCE_S)
        channel = cls.kc.iopub_channel
        get_msg = channel.get_msg
        channel.get_msg = lambda timeout=None: get_msg(timeout=timeout if cls.flushing else WAIT_S)

    def flush_channels(self):
        type(self).flushing = True
        super().flush_channels()
        type(self).flushing = False


def reason_of(err):
    kind, value, _ = err
    text = " ".join(str(value).split())
    return f"{kind.__name__}: {text}" if text else kind.__name__


def give_up(*_):
    raise TimeoutError(f"no answer within {PATIENCE_S} s")


def run(kernel):
    tests = type("Tests", (Patient, jupyter_kernel_test.KernelTests), {**HISTORY, **KERNELS[kernel]})
    welcome = type("Welcome", (jupyter_kernel_test.IopubWelcomeTests,), {"support_iopub_welcome": True})
    suite = unittest.TestSuite()
    for case in (tests, welcome):
        case.kernel_name = kernel
        suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    outcomes = Outcomes(kernel)
    suite.run(outcomes)
    return outcomes


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, give_up)
    for name in sys.argv[1:]:
        run(name)
