"""Time of one row in node: the JavaScript file of a model against its ONNX file in onnxruntime-web, in turns.

    npm install onnxruntime-web                      # in any folder
    python -m benchmarks.exports.one_row_web FOLDER  # the folder of node_modules; half a minute

Both run in one process, with one thread. ``--cpu`` takes processor time, where others compute on the machine. The goal:
at most a tenth of the time on nets of up to 7,000 weights, and not more on any.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import glassnet as gn

NETS = {
    "iris 4-8-3": (4, [8, 3], "relu", "cross_entropy"),
    "cancer 10-16-1": (10, [16, 1], "tanh", "binary_cross_entropy"),
    "cancer 30-16-1": (30, [16, 1], "sigmoid", "binary_cross_entropy"),
    "digits 64-64-32-10": (64, [64, 32, 10], "relu", "cross_entropy"),
    "diabetes 10-64-64-1": (10, [64, 64, 1], "relu", "squared_error"),
    "784-128-10": (784, [128, 10], "relu", "cross_entropy"),
}
FEW, SHARE = 7_000, 0.1
ROUNDS, SECONDS = 7, 0.15

_PROGRAM = """
const fs = require("fs");
const [room, modules, rounds, seconds, what] = process.argv.slice(2);
const cpu = () => process.cpuUsage().user + process.cpuUsage().system;
const clock = what === "cpu" ? cpu : () => Number(process.hrtime.bigint()) / 1000;
const ort = require(modules + "/node_modules/onnxruntime-web");
ort.env.wasm.numThreads = 1;
async function main() {
  const found = {};
  for (const [name, d] of Object.entries(JSON.parse(fs.readFileSync(room + "/nets.json", "utf8")))) {
    const model = require(`${room}/${name}.js`);
    const session = await ort.InferenceSession.create(`${room}/${name}.onnx`, {executionProviders: ["wasm"]});
    const row = Array.from({length: d}, (_, i) => Math.sin(i + 1));
    const feeds = {};
    for (const key of session.inputNames) feeds[key] = new ort.Tensor("float32", Float32Array.from(row), [1, d]);
    const ours = () => model.outputs(row);
    const theirs = () => session.run(feeds);
    const own = ours();
    const all = Object.values(await theirs()).map((tensor) => Array.from(tensor.data));
    const other = all.find((y) => y.length === own.length && typeof y[0] === "number");
    const far = Math.max(...own.map((y, i) => Math.abs(y - other[i])));
    const times = {ours: [], theirs: []};
    for (let round = -1; round < Number(rounds); round++) {
      for (const [who, run] of [["ours", ours], ["theirs", theirs]]) {
        const start = clock();
        let n = 0, took = 0;
        while (took < Number(seconds) * 1e6) {
          if (who === "ours") for (let i = 0; i < 200; i++) run();
          else for (let i = 0; i < 20; i++) await run();
          n += who === "ours" ? 200 : 20;
          took = clock() - start;
        }
        if (round >= 0) times[who].push(took / n);
      }
    }
    found[name] = {...times, far};
  }
  console.log(JSON.stringify(found));
}
main();
"""


def main() -> None:
    """Write the files, run both, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="has node_modules/onnxruntime-web")
    parser.add_argument("--cpu", action="store_true", help="processor time")
    options = parser.parse_args()
    modules, what = options.folder.resolve(), "cpu" if options.cpu else "wall"
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        nets = {name: _write(name, room) for name in NETS}
        (room / "nets.json").write_text(json.dumps({name: NETS[name][0] for name in NETS}))
        (room / "run.cjs").write_text(_PROGRAM)
        words = ["node", "run.cjs", str(room), str(modules), str(ROUNDS), str(SECONDS), what]
        done = subprocess.run(words, cwd=room, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
    print(f"{'net':22}{'weights':>9}{'ours':>10}{'ort-web':>10}{'ratio':>8}  bound   largest difference")
    for name, times in json.loads(done.stdout).items():
        ratios = sorted(a / b for a, b in zip(times["ours"], times["theirs"], strict=True))
        ratio, bound = ratios[len(ratios) // 2], SHARE if nets[name] <= FEW else 1.0
        own, other = (sorted(times[who])[ROUNDS // 2] for who in ("ours", "theirs"))
        kept = "kept" if ratio <= bound else "NOT KEPT"
        print(f"{name:22}{nets[name]:9,}{own:8.2f} us{other:7.1f} us{ratio:8.3f}  {kept:9}{times['far']:.1e}")


def _write(name: str, room: Path) -> int:
    """Write a net in both forms and return its number of weights."""
    d, units, activation, loss = NETS[name]
    layers = [*(gn.Dense(n, activation) for n in units[:-1]), gn.Dense(units[-1])]
    net = gn.Network(layers, loss=loss, seed=0, input_shape=(d,))
    for suffix in (".js", ".onnx"):
        gn.export(net, room / f"{name}{suffix}", check=False)
    return net.params.size


if __name__ == "__main__":
    main()
