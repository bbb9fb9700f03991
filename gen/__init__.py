"""The generator: turns concept modules and pages into the site."""

import os

# Read by NumPy's and PyTorch's libraries when they are loaded: one thread a process, since the
# work is spread over processes; the order of floating-point sums is then the same on every
# machine, too.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
