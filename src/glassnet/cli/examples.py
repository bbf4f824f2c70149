"""Command lines that ``--help`` shows, by command; "" is the program itself."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

EXAMPLES: dict[str, tuple[str, ...]] = {
    "glassnet": (
        "glassnet train penguins species",
        "glassnet predict model.safetensors penguins",
        "glassnet explain model.safetensors penguins --row 3",
    ),
    "train": (
        "glassnet train penguins species",
        "glassnet train data.csv price --out price.safetensors --report price.html",
        "glassnet train data.csv --target price --drop id --max-seconds 60",
    ),
    "compare": (
        "glassnet compare penguins species",
        "glassnet compare data.csv price --max-seconds 60 --out best.safetensors",
        "glassnet compare data.csv price --recipes fast,realmlp,lightgbm",
    ),
    "tune": (
        "glassnet tune penguins species",
        "glassnet tune data.csv price --recipe fast --max-seconds 600",
        "glassnet tune data.csv price --recipe plain --trials 40",
    ),
    "check": (
        "glassnet check data.csv",
        "glassnet check penguins species",
    ),
    "predict": (
        "glassnet predict model.safetensors new.csv",
        "glassnet predict model.safetensors new.csv --append --out answers.csv",
        "cat new.csv | glassnet predict model.safetensors - --probabilities",
    ),
    "evaluate": (
        "glassnet evaluate model.safetensors test.csv",
        "glassnet evaluate model.safetensors test.csv --json",
    ),
    "explain": (
        "glassnet explain model.safetensors penguins --row 3",
        "glassnet explain model.safetensors penguins --row 3 --html row.html",
        "glassnet explain model.safetensors penguins --row 3 --step",
    ),
    "export": (
        "glassnet export model.safetensors --to html",
        "glassnet export model.safetensors --out model.onnx --data data.csv",
    ),
    "serve": ("glassnet serve model.safetensors --port 8000",),
    "playground": (
        "glassnet playground",
        "glassnet playground data.csv --target price",
        "glassnet playground model.safetensors --data data.csv",
    ),
    "show": ("glassnet show model.safetensors", "glassnet show model.safetensors --json"),
    "scratch": ("glassnet scratch", "glassnet scratch or --hidden-size 8 --epochs 5000"),
    "help": ("glassnet help train",),
}
