"""A network trained by as many processes as there are, which after a crash goes on from its checkpoint.

``python train_mpi.py`` is one process, ``mpiexec -n 4 python -m mpi4py train_mpi.py`` four: the network is the same.
"""

import hashlib

import numpy as np

import glassnet as gn
from glassnet.distributed import rank, size


def main() -> str:
    """Train, save and return what tells one set of weights from another."""
    rng = np.random.default_rng(0)  # each process makes, or reads, the same rows
    X = rng.standard_normal((4096, 20))
    y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)

    layers = [gn.Dense(64, "relu"), gn.Dropout(0.1), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
    keeps = gn.Checkpoint("run.safetensors", every_seconds=30)
    net.fit(X, y, epochs=10, batch_size=512, shards=8, checkpoint=keeps, resume=True, distributed="mpi")

    weights = hashlib.sha256(net.params.tobytes()).hexdigest()[:12]
    if rank() == 0:  # all have the same network now, and one of them writes it
        net.save("model.safetensors")
        accuracy = net.evaluate(X, y)["accuracy"]
        print(f"{size()} processes, accuracy {accuracy:.3f}, weights {weights}")
    return weights


if __name__ == "__main__":
    main()
