"""Flash and memory of exported C on Cortex-M0+ and M4F: ``python -m benchmarks.exports.c_sizes``.

Bytes over a program with an empty main, with newlib-nano, ``-Os`` and without unused sections. Of these libm and the
compiler's own arithmetic are counted apart, by the sizes of their functions in the linked program.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from benchmarks.exports.c_nets import NETS, header_of, trained

_CHIPS = {
    "M0+": ["-mcpu=cortex-m0plus", "-mthumb"],
    "M4F": ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
}
_COMMON = ["-std=c99", "-Os", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "--specs=nano.specs"]
_MAIN = """
#define MODEL_IMPLEMENTATION
#include "model.h"
volatile float in[INPUTS], out[MODEL_OUTPUTS];
int main(void)
{
    float y[MODEL_OUTPUTS];
    CALL;
    out[0] = y[0];
    return 0;
}
"""


def size(folder: Path, text: str, chip: list[str]) -> tuple[int, int, int]:
    """Return bytes of flash, of memory, and of those of flash what is the model's own, for a program."""
    (folder / "main.c").write_text(text)
    command = ["arm-none-eabi-gcc", *chip, *_COMMON, "--specs=nosys.specs", "main.c", "-o", "main.elf", "-lm"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    sizes = subprocess.run(["arm-none-eabi-size", "main.elf"], cwd=folder, check=True, capture_output=True, text=True)
    code, data, bss = map(int, sizes.stdout.splitlines()[1].split()[:3])
    listed = subprocess.run(
        ["arm-none-eabi-nm", "-S", "--size-sort", "main.elf"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    own = sum(int(line.split()[1], 16) for line in listed.splitlines() if re.search(r" [tTrR] (model_|main$)", line))
    return code + data, data + bss, own


def main() -> None:
    """Print the table."""
    print(f"{'network':26}{'chip':6}{'dtype':9}{'flash':>8}{'memory':>8}{'own':>8}{'weights':>9}{'own/weight':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key, net in NETS.items():
            model, pipeline, X = trained(key)
            weights = sum(W.size for W in (*model.coefs_, *model.intercepts_))
            for dtype in ("float32", "int8"):
                text = header_of(model, pipeline[0].transform(X), "model", dtype)
                (folder / "model.h").write_text(text)
                call = "(void)model_predict((const float *)in, y)"
                program = _MAIN.replace("INPUTS", str(X.shape[1])).replace("CALL", call)
                for chip, flags in _CHIPS.items():
                    empty = size(folder, "int main(void) { return 0; }\n", flags)
                    flash, memory, own = size(folder, program, flags)
                    flash, memory = flash - empty[0], memory - empty[1] - 4 * (X.shape[1] + 16)
                    line = f"{net.title:26}{chip:6}{dtype:9}{flash:8,}{max(memory, 0):8,}{own:8,}{weights:9,}"
                    print(f"{line}{own / weights:12.2f}", flush=True)


if __name__ == "__main__":
    main()
