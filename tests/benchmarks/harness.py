"""Interleaved timing: every round runs every contender, in turning order; medians of the rounds are compared.

Processor time is measured, not the clock, so that a busy machine distorts less.

Set one thread before NumPy is imported: `import harness` must stand first.
"""

import gc
import os
import statistics
import time

from report import at_least, goal, peer, shown

__all__ = ["at_least", "goal", "peer", "race", "shown"]

for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")


def race(title, contenders, *, rounds=11, seconds=0.02, per=1):
    """Time callables; print and give the median seconds of each, divided by `per`."""
    counts = {}
    for name, call in contenders.items():
        call()
        start = time.process_time()
        call()
        once = time.process_time() - start
        counts[name] = max(1, int(seconds / max(once, 1e-9)))
    taken = {name: [] for name in contenders}
    names = list(contenders)
    gc.collect()
    for k in range(rounds):
        turn = k % len(names)
        for name in names[turn:] + names[:turn]:
            call, count = contenders[name], counts[name]
            start = time.process_time()
            for _ in range(count):
                call()
            taken[name].append((time.process_time() - start) / count / per)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    ours = medians[names[0]]
    print(title)
    for name in names:
        print(f"  {name:44} {shown(medians[name]):>12}   {medians[name] / ours:8.2f} x ours")
    return medians
