"""Programs that several processes of MPI run in tests: each says at its top what its arguments are."""

from __future__ import annotations

__all__ = ["KILLED", "LOST", "REFUSED", "TRAINED", "program"]

_START = """
import hashlib, os, signal, sys, threading, time, warnings
import numpy as np
import glassnet as gn
from glassnet.distributed import MPI, rank, size

rng = np.random.default_rng(0)
X = rng.standard_normal((256, 6))
y = (X[:, 0] > X[:, 1]).astype(int)

def network(**options):
    options = {"layers": [gn.Dense(8, "tanh"), gn.Dense(2)], "seed": 0, "optimizer": gn.Adam(0.01), **options}
    return gn.Network(options.pop("layers"), loss="cross_entropy", **options)

def fit(net, X=X, y=y, **options):
    options = {"epochs": 3, "batch_size": 64, "shards": 4, "distributed": MPI(deadline=30), "progress": False, **options}
    net.fit(X, y, **options)
    return net

def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")  # in one piece: others write at the same time
    sys.stdout.flush()

class At(gn.Callback):
    def __init__(self, act, who, step):
        self.act, self.who, self.step = act, who, step
    def on_step_end(self, run):
        if rank() == self.who and run.total_steps == self.step:
            self.act()
"""

LOST = """
if WHAT == "early" and rank() == WHO:
    time.sleep(100)
if WHAT == "left" and rank() == WHO:
    sys.exit(0)

def act():
    say("at", time.time())
    if WHAT == "stopped":
        os.kill(os.getpid(), signal.SIGSTOP)
    if WHAT == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if WHAT == "busy":
        time.sleep(60)
    if WHAT == "in C":
        import ctypes
        ctypes.CDLL(None).sleep(60)
    if WHAT == "cut off":
        os.system("ip link set lo down")
        return
    if WHAT == "leaves":
        sys.exit(3)
    raise {"interrupted": KeyboardInterrupt, "memory": MemoryError}.get(WHAT, ValueError)("bad row")

if WHAT not in ("early", "left"):
    import mpi4py.MPI
    mpi4py.MPI.COMM_WORLD.Barrier()  # on a machine that is busy, one may start seconds after the other

fit(network(), callbacks=At(act, WHO, 5), checkpoint=CHECKPOINT, epochs=2000, distributed=MPI(deadline=2))
say("done")
"""

KILLED = """
def act():
    time_left = float(DELAY)
    threading.Thread(target=lambda: (time.sleep(time_left), os.kill(os.getpid(), signal.SIGKILL)), daemon=True).start()

class After(gn.Callback):
    steps = 0
    def on_step_end(self, run):
        self.steps += 1
        if self.steps == STEP and rank() == WHO:
            act()

layers = [gn.Dense(8, "tanh"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(2)]
net = network(layers=layers, optimizer=gn.AdamW(0.01, clip_norm=0.5, ema=0.9))
checkpoint = gn.Checkpoint("run.safetensors", every_steps=1)
options = {"checkpoint": checkpoint, "resume": True, "distributed": MPI(deadline=30, sharded_optimizer=SHARDED)}
fit(net, epochs=10, callbacks=After(), validation_data=(X[:50] + 1, y[:50]), **options)
if rank() == 0:
    digest = hashlib.sha256(net.params.tobytes() + net.stats.tobytes() + str(net.history.columns).encode())
    say("digest", digest.hexdigest())
"""

TRAINED = """
# Stops come to all of them at the same step.
def asked():
    os.kill(os.getpid(), signal.SIGTERM)
net = fit(network(), callbacks=At(asked, 1, 5), checkpoint="run.safetensors", epochs=9)
say(rank(), "terminated:", net.history.stop_reason, net._run.steps_before, signal.getsignal(signal.SIGTERM).name)
net = fit(network(), epochs=100000, max_seconds=0.2)
steps = net._run.steps_before
say(rank(), "time:", net.history.stop_reason)
# What diverges may be caught, and another training follows.
try:
    fit(network(optimizer=gn.SGD(1e30)), X * 1e20)
except gn.DivergenceError as error:
    say(rank(), "diverged:", str(error)[:30])
# An error of one is one of all, that may be caught, too; its messages do not come into another training.
def fails():
    raise ValueError("bad row")
for who in (0, 1):
    try:
        fit(network(), callbacks=At(fails, who, 6))
    except (ValueError, gn.errors.RankError) as error:
        say(rank(), "failed:", who, type(error).__name__, str(error))
# The others than the first need no folder for checkpoints.
os.makedirs(f"own-{rank()}")
os.chdir(f"own-{rank()}")
if rank() == 0:
    os.makedirs("deep")
for sharded in (False, True):
    fit(network(), checkpoint=f"deep/{sharded}.safetensors", distributed=MPI(deadline=20, sharded_optimizer=sharded))
say(rank(), "files:", sorted(os.listdir(".")), sorted(os.listdir("deep")) if rank() == 0 else "")
# Processes that are slower than an instant are waited for.
net = fit(network(), callbacks=At(lambda: time.sleep(0.5), 1, 3), distributed=MPI(deadline=20))
say(rank(), "digest:", hashlib.sha256(net.params.tobytes()).hexdigest())
say(rank(), "notes:", net.history.notes)
"""

REFUSED = """
other = rank() == 1
def refused(name, train):
    try:
        train()
    except gn.errors.GlassnetError as error:
        say(rank(), name + ":", type(error).__name__, error)
    else:
        say(rank(), name + ": trained")

refused("epochs", lambda: fit(network(), epochs=3 + other))
refused("batch size", lambda: fit(network(), batch_size=64 - 32 * other))
refused("shards", lambda: fit(network(), shards=4 + 4 * other))
refused("shuffle", lambda: fit(network(), shuffle=not other))
refused("data", lambda: fit(network(), X + 1e-9 * other))
refused("rows", lambda: fit(network(), X[other:], y[other:]))
refused("layers", lambda: fit(network(layers=[gn.Dense(8 + other, "tanh"), gn.Dense(2)])))
refused("depth", lambda: fit(network(layers=[gn.Dense(8)] * 0 + [gn.Dense(2) for _ in range(1 + other)])))
refused("type", lambda: fit(network(dtype="float64" if other else "float32")))
refused("optimizer", lambda: fit(network(optimizer=gn.SGD(0.1) if other else gn.Adam(0.1))))
refused("rate", lambda: fit(network(optimizer=gn.Adam(0.2 if other else 0.1))))
refused("stopping", lambda: fit(network(), early_stopping=gn.EarlyStopping(patience=3 + other, monitor="loss")))
refused("checkpoint", lambda: fit(network(), checkpoint=None if other else "run.safetensors"))
refused("bad data", lambda: fit(network(), np.where(other, np.nan, X)))
refused("bad option", lambda: fit(network(), batch_size=0))
refused("few shards", lambda: fit(network(), shards=1))
waiting = network()
other and waiting.fit(X, y, epochs=1, progress=False, diagnose=False)
say(rank(), "one new:", fit(waiting).params.sum())
known = network()
other or known.fit(X, y, epochs=1, progress=False, diagnose=False)
say(rank(), "other new:", fit(known).params.sum())
drawn = fit(network(seed=None, input_shape=(6,)), validation_split=0.5)
say(rank(), "drawn:", drawn.seeds, drawn.params.sum())
import glassnet.distributed.machines as machines
machines.VERSION = "0.0.1" if other else machines.VERSION
refused("glassnet", lambda: fit(network()))
"""


def program(text: str, **values: object) -> str:
    """Return a whole program, with names for some values."""
    return _START + "".join(f"{name} = {value!r}\n" for name, value in values.items()) + text
