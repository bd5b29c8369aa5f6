"""A peer's side of the conversation: a line of JSON asks, a line of JSON answers."""

import json
import os
import platform
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version


def serve(functions):
    """Answers until the input ends. `functions`: by the name that a request's `do` gives, each from dict to dict."""
    # Libraries print what they like; replies have a stream of their own.
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    functions = {"about": about, **functions}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = functions[request.pop("do")](request)
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        replies.write(json.dumps(reply) + "\n")


def about(_):
    """Versions, threads and device."""
    import torch

    gpu = torch.cuda.is_available()
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "diffusers": version_of("diffusers"),
        "transformers": version_of("transformers"),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(0) if gpu else None,
        "cuda": torch.version.cuda if gpu else None,
        "cudnn": torch.backends.cudnn.version() if gpu else None,
    }


def version_of(package):
    """None where it is missing: not every bench needs each."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
