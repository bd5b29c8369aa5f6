"""Memory at its peak, in MiB: of PyTorch's allocator on a GPU, of the process without one."""

import ctypes
import gc

import torch


def watch_peak():
    """Lets the peak begin anew; the function it gives reads it, and how far above the start it is."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before, read = torch.cuda.memory_allocated() / 2**20, lambda: torch.cuda.max_memory_allocated() / 2**20
    else:
        # What PyTorch has freed goes back to the system first, or it would be used again without showing.
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as marks:
            marks.write("5")
        before, read = most_resident(), most_resident

    def peak():
        most = read()
        return most, most - before

    return peak


def most_resident():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
