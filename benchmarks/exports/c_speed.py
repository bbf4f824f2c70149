"""Time of one row in exported C beside emlearn, at the same flags: ``python -m benchmarks.exports.c_speed``.

Both run in one program, in turns, on the same rows, and the fastest of nine turns counts. emlearn has no scaler, so the
network is timed as emlearn has it, on inputs that are scaled already, and with its scaler. Needs gcc, clang, emlearn.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import emlearn

from benchmarks.exports.c_nets import NETS, header_of, trained

_FLAGS = ("gcc -O2", "gcc -O3", "clang -O2")
_PROGRAM = """
#include <stdio.h>
#include <time.h>
INCLUDED
#include "theirs.h"

#define N_TURNS 9
#define HOW_OFTEN NUMBER

static float out[64];
static double sink = 0.0;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

TIMED
int main(void)
{
    double best[4] = {1e30, 1e30, 1e30, 1e30};
    for (int turn = 0; turn < N_TURNS; turn++) {
        double t[4] = {time_plain(), time_scaled(), time_whole(), time_theirs()};
        for (int i = 0; i < 4; i++) {
            best[i] = t[i] < best[i] ? t[i] : best[i];
        }
    }
    printf("[%g, %g, %g, %g]\\n", best[0], best[1], best[2], best[3]);
    return sink > 1e30;
}
"""
_TIMED = """static double time_KIND(void)
{
    const double start = now();
    for (long i = 0; i < HOW_OFTEN; i++) {
        CALL;
        sink += (double)out[0];
    }
    return (now() - start) / HOW_OFTEN;
}

"""


def timed(name: str, flags: str) -> list[float]:
    """Return nanoseconds of a row: of the network, with its scaler, in integers, and of emlearn."""
    model, pipeline, X = trained(name)
    Z = pipeline[0].transform(X)
    headers = {
        "plain": header_of(model, Z, "plain"),
        "scaled": header_of(pipeline, X, "scaled"),
        "whole": header_of(model, Z, "whole", "int8"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for kind, text in headers.items():
            (Path(folder) / f"{kind}.h").write_text(text)
        with contextlib.chdir(folder):  # emlearn leaves a folder where it is called
            emlearn.convert(model, dtype="float").save(file="theirs.h", name="theirs")
        included = "".join(f'#define {k.upper()}_IMPLEMENTATION\n#include "{k}.h"\n' for k in headers)
        call = "eml_net_regress" if name == "diabetes" else "eml_net_predict_proba"
        calls = {kind: _call(kind, X.shape[1], headers[kind]) for kind in headers}
        n_out = 1 if name == "diabetes" else max(2, len(getattr(model, "classes_", (0, 1))))
        place = f"&plain_test_rows[(i & 7) * {X.shape[1]}]"
        calls["theirs"] = f"(void){call}(&theirs, {place}, {X.shape[1]}, out, {n_out})"
        body = "".join(_TIMED.replace("KIND", kind).replace("CALL", text) for kind, text in calls.items())
        text = _PROGRAM.replace("INCLUDED", included).replace("TIMED", body)
        text = text.replace("NUMBER", "2000" if name == "images" else "100000")
        (Path(folder) / "main.c").write_text(text)
        command = [*flags.split(), "-std=gnu99", "-w", f"-I{emlearn.includedir}", "main.c", "-o", "main", "-lm"]
        subprocess.run(command, cwd=folder, check=True)
        done = subprocess.run([f"{folder}/main"], check=True, capture_output=True, text=True)
    found: list[float] = json.loads(done.stdout)
    return found


def _call(kind: str, d: int, header: str) -> str:
    place = "[i & 7]" if f"{kind}_row;" in header else f"[(i & 7) * {d}]"
    return f"(void){kind}_predict(&{kind}_test_rows{place}, out)"


def main() -> None:
    """Print the table, and write it as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    found = {}
    arguments = parser.parse_args()
    print(f"{'network':26}{'flags':12}{'ns':>10}{'+ scaler':>10}{'int8':>10}{'emlearn':>10}{'ratio':>8}")
    for name, net in NETS.items():
        for flags in _FLAGS:
            if shutil.which(flags.split()[0]) is None:
                continue
            ours, scaled, int8, theirs = found[f"{name} {flags}"] = timed(name, flags)
            line = f"{net.title:26}{flags:12}{ours:10.0f}{scaled:10.0f}{int8:10.0f}{theirs:10.0f}{ours / theirs:8.2f}"
            print(line, flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
