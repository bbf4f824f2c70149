"""Bad input on the command line: one sentence on stderr, exit code 2, and no file but those that were there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import glassnet as gn
from glassnet.cli.app import COMMANDS, main

pytest.importorskip("typer")

COLUMNS = "'species', 'island', 'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'sex', 'year'"
GOOD = "train good.csv -t y "

# What is typed after `glassnet`, and what comes on stderr after `glassnet COMMAND: `.
CASES = {
    # the table
    "train godo.csv -t y": "no such file: godo.csv. Did you mean good.csv?",
    "train pengiuns -t y": "no such file: pengiuns. Did you mean penguins?",
    "train folder -t y": "folder: the path leads to a folder; it must lead to a file that can be read.",
    "train table.xlsx -t y": "table.xlsx: the table has 1 column name and no rows; it must have at least one row.",
    "train empty.csv -t y": "empty.csv: the file is empty; it must hold a table.",
    "train header.csv -t b": "header.csv: the table has 2 column names and no rows; it must have at least one row.",
    "train latin.csv -t y": "latin.csv: line 2 is not UTF-8 and may be 'Þëÿ' in cp1252, 'Ţë˙' in cp1250, 'Юля' in cp1251, 'ﬁÎˇ' in "
    "mac_roman; the encoding must be plain. Pass the one that reads right, such as --encoding cp1251.",
    "train bare.csv -t a": "unknown column 'a' for --target. The file seems to have no line of names; --header yes takes its first "
    "line for one.",
    "train ragged.csv -t y": "ragged.csv: 1 of 2 rows have another number of fields: line 3 (2); every row must have 3 fields like the "
    "others. Check the separators and quotes there, or pass --bad-rows skip.",
    "train flat.csv -t y": "every column is left out: 'a' (all its values are 3); at least one must differ between rows.",
    "train tiny.csv -t y": "the table has 2 rows; it must have at least 6 for its 3 parts.",
    "train alone.csv -t y": "there is no column beside the target 'y'; there must be at least one.",
    "train model.safetensors -t y": "DATA is the model file 'model.safetensors'; it must be a table. To use it: glassnet predict "
    "model.safetensors new.csv",
    # the target
    "train penguins": "no target is named; it is the column to predict. Add --target with one of 'species', 'island', "
    "'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'sex', 'year'.",
    "train penguins -t specis": "unknown column 'specis' for --target. Did you mean 'species'?",
    "train one.csv -t y": "the target 'y' is 'x' in every row; it must have at least two classes.",
    "train holes.csv -t y": "the target 'y' has no value in 1 of 30 rows, first in line 6. To leave them out, add --skip-missing.",
    "train nothing.csv -t y": "the target 'y' has no value in any row. Name another column.",
    "train dates.csv -t y": "the target 'y' holds dates; it must hold labels or numbers.",
    GOOD
    + "--task regression": "the target 'y' holds text such as 'y'; that of a regression must hold numbers. Use --task classification "
    "for labels.",
    GOOD + "--drop c": "unknown column 'c' for --drop. The columns are 'a', 'b', 'y'.",
    GOOD + "--drop a,b": "unknown column 'a,b' for --drop. Repeat it: --drop a --drop b",
    GOOD + "--drop y": "--drop names the target, 'y'; it must be another column.",
    # options
    GOOD + "--epochs many": "--epochs is 'many'; it must be a whole number of at least 1.",
    GOOD + "--epochs 0": "--epochs is 0; it must be a whole number of at least 1.",
    GOOD
    + "--validation 20": "--validation is 20; it must be a finite number above 0 and below 1. A share of 20 % is 0.2.",
    GOOD + "--epochs 2.5": "--epochs is 2.5; it must be a whole number of at least 1.",
    GOOD + "--rate 0": "--rate is 0; it must be a finite number above 0.",
    GOOD + "--rate nan": "--rate is nan; it must be a finite number above 0.",
    GOOD + "--rate 1e30": "training diverged with a loss of nan. Lower --rate (now 1e+30).",
    GOOD
    + "--weight-decay 1e9": "training diverged with a loss of nan. Lower --weight-decay (now 1e+09) or --rate (now 0.003).",
    GOOD + "--batch 0": "--batch is 0; it must be a whole number of at least 1.",
    GOOD
    + "--layers 64,x": "a width of --layers is 'x'; it must be a whole number of at least 1. Write the widths with commas: "
    "--layers 64,64",
    GOOD + "--layers 99999999999999999999": "a width of --layers is 99999999999999999999; it must be at most 100,000.",
    GOOD + "--layers 64,4294967296": "a width of --layers is 4294967296; it must be at most 100,000.",
    GOOD
    + "--activation rleu": "--activation is 'rleu'; it must be one of 'elu', 'gelu', 'identity', 'leaky_relu', 'mish', 'relu', "
    "'selu', 'sigmoid', 'silu', 'softmax', 'softplus', 'tanh'. Did you mean 'relu'?",
    GOOD + "--dropout 1": "--dropout is 1; it must be a finite number of at least 0 and below 1.",
    GOOD + "--validation 0": "--validation is 0; it must be a finite number above 0 and below 1.",
    GOOD + "--validation 0.9": "--validation 0.9 and --test 0.2 leave no rows to train on. Lower one of them.",
    GOOD + "--test -1": "--test is -1; it must be a finite number of at least 0 and below 1.",
    GOOD + "--seed x": "--seed is 'x'; it must be a whole number of at least 0.",
    GOOD + "--patience 0": "--patience is 0; it must be a whole number of at least 1.",
    GOOD + "--weight-decay -1": "--weight-decay is -1; it must be a finite number of at least 0.",
    GOOD + "--max-seconds 0": "--max-seconds is 0; it must be a finite number above 0.",
    GOOD
    + "--task classify": "--task is 'classify'; it must be one of 'auto', 'classification', 'regression'. Did you mean "
    "'classification'?",
    # recipes
    GOOD
    + "--recipe realmpl": "--recipe is 'realmpl'; it must be one of 'fast', 'plain', 'realmlp', 'small', 'tabm', 'tabm-mini'. Did "
    "you mean 'realmlp'?",
    GOOD
    + "--recipe small --layers 64,32": "--layers 64,32 does not go with --recipe small. Only --recipe plain has it. Leave --layers out.",
    GOOD
    + "--recipe realmlp --layers none": "--layers none does not go with --recipe realmlp. Only --recipe plain has it. Leave --layers out.",
    GOOD
    + "--recipe tabm --patience 5": "--patience 5 does not go with --recipe tabm. Only --recipe plain has it. Leave --patience out.",
    GOOD
    + "--recipe plain --metric auc": "--metric auc does not go with --recipe plain. Only the other recipes have it: realmlp, fast, small, "
    "tabm, tabm-mini. Leave --metric out.",
    GOOD
    + "--layers 64 --ensemble 3": "--ensemble 3 does not go with --layers, which means --recipe plain. Only the other recipes have it: "
    "realmlp, fast, small, tabm, tabm-mini. Leave --ensemble out.",
    GOOD
    + "--metric accurcy": "unknown --metric 'accurcy'. Did you mean 'accuracy'? The choices are 'accuracy', 'auc', "
    "'balanced_accuracy', 'brier', 'f1', 'log_loss'.",
    GOOD
    + "--metric rmse": "--metric is 'rmse', which is for numbers; the target has classes. The choices are 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', "
    "'log_loss'.",
    GOOD + "--ensemble 0": "--ensemble is 0; it must be a whole number of at least 1.",
    GOOD + "--ensemble few": "--ensemble is 'few'; it must be a whole number of at least 1.",
    GOOD + "--folds 1": "--folds is 1; it must be a whole number of at least 2.",
    GOOD + "--folds 99 -q": "48 rows for 99 folds; there must be at least one row for each.",
    GOOD
    + "--folds 3 --validation 0.3": "--validation 0.3 does not go with --folds. Each fold is the validation rows of a network. Leave "
    "--validation out.",
    GOOD + "--folds 3 --test 0": "--test is 0; it must be above 0 with --folds, which train on all other rows.",
    GOOD + "--quantiles 0.1,0.9": "'y' has classes; --quantiles needs numbers. Leave it out.",
    "train good.csv -t b --task regression --quantiles 0.9,0.1": "the levels of --quantiles are 0.9,0.1; they must rise. Write the levels with commas: --quantiles "
    "0.05,0.5,0.95",
    "train good.csv -t b --task regression --quantiles 0.1,1": "a level of --quantiles is 1; it must be a finite number above 0 and below 1. Write the levels with "
    "commas: --quantiles 0.05,0.5,0.95",
    "train good.csv -t b --task regression --quantiles low": "a level of --quantiles is 'low'; it must be a finite number above 0 and below 1. Write the levels with "
    "commas: --quantiles 0.05,0.5,0.95",
    "train good.csv -t b --task regression --quantiles 0.5 --metric mae": "--metric mae does not go with --quantiles. The pinball loss chooses their epoch. Leave --metric out.",
    # words
    "train": "DATA is missing. See: glassnet train --help",
    GOOD + "--epoch 3": "unknown option --epoch. Did you mean --epochs?",
    "train good.csv -t": "-t has no value; it must be followed by one. See: glassnet train --help",
    GOOD + "extra": "two targets are named, 'extra' and --target y. Leave one out.",
    "train good.csv a -t y": "two targets are named, 'a' and --target y. Leave one out.",
    "train good.csv y extra": "unexpected argument 'extra'; train takes DATA and TARGET. Put names with blanks in quotes.",
    "train my table.csv": "unexpected argument 'table.csv'. Put the name of the file in quotes: 'my table.csv'",
    "train good.csv z": "unknown column 'z' for --target. The columns are 'a', 'b', 'y'.",
    "check good.csv a -t y": "two targets are named, 'a' and --target y. Leave one out.",
    "evaluate model.safetensors good.csv y": "unexpected argument 'y'; evaluate takes MODEL and DATA. Put names with blanks in quotes.",
    "playground good.csv y": "unexpected argument 'y'. Did you mean --target y?",
    "help trian": "unknown command 'trian'. Did you mean train?",
    "help me": "unknown command 'me'. The commands are check, compare, evaluate, explain, export, help, playground, "
    "predict, scratch, serve, show, train, tune, version.",
    "trian good.csv": "unknown command 'trian'. Did you mean train?",
    "fit good.csv": "unknown command 'fit'. Did you mean train?",
    "deploy good.csv": "unknown command 'deploy'. The commands are check, compare, evaluate, explain, export, help, playground, "
    "predict, scratch, serve, show, train, tune, version.",
    "serve good.csv": "MODEL is the table 'good.csv'; it must be a model file.",
    "--nonsense": "unknown option --nonsense. See: glassnet --help",
    "train titanic.csv -t y": "no such file: titanic.csv.",
    # where the model goes
    GOOD + "-o nosuch/m.safetensors": "no such folder for --out: 'nosuch'. Create it: mkdir -p nosuch",
    GOOD
    + "-o words.txt/m.safetensors": "--out is 'words.txt/m.safetensors', but 'words.txt' is a file; it must be a folder.",
    GOOD + "-o m.bin": "--out is 'm.bin'; it must end in .safetensors.",
    GOOD + "-o folder.safetensors": "--out is a folder, 'folder.safetensors'; it must be a file.",
    GOOD
    + "-o foreign.safetensors": "glassnet did not write the file 'foreign.safetensors'; --out must not replace it. Choose another name.",
    # predict, evaluate, show
    "predict good.csv model.safetensors": "MODEL is the table 'good.csv'; it must be a model file. The model comes first: glassnet predict MODEL "
    "DATA",
    "predict model.safetensors": "DATA is missing. See: glassnet predict --help",
    "predict modle.safetensors good.csv": "no such file: modle.safetensors. Did you mean model.safetensors?",
    "predict garbage.safetensors good.csv": "not a glassnet model: garbage.safetensors is no valid safetensors file (7 bytes). It is damaged or of "
    "another kind.",
    "predict foreign.safetensors good.csv": "not a glassnet model: foreign.safetensors is a safetensors file without a network's description.",
    "predict bare.safetensors good.csv": "bare.safetensors: the file holds a network alone; it must hold a network with its table encoder. To see "
    "what it holds: glassnet show FILE",
    "predict model.safetensors one.csv": "one.csv lacks the column that the model needs: 'b'.",
    "predict model.safetensors model.safetensors": "DATA is the model file 'model.safetensors'; it must be a table. The table comes second.",
    "predict model.safetensors godo.csv": "no such file: godo.csv. Did you mean good.csv?",
    "predict numbers.safetensors good.csv -p": "'b' has numbers; --probabilities needs classes. Leave it out.",
    "predict model.safetensors good.csv -o nosuch/p.csv": "no such folder for --out: 'nosuch'. Create it: mkdir -p nosuch",
    "predict model.safetensors good.csv -o p.xls": "--out is 'p.xls'; it must end in .csv, .tsv, .json, .jsonl or .parquet.",
    "predict model.safetensors good.csv -o good.csv": "--out is 'good.csv', which is read; it must be another file. Choose another name.",
    "evaluate model.safetensors tiny.csv": "tiny.csv lacks the column that the model needs: 'b'.",
    "evaluate model.safetensors new.csv": "the target 'y' is 'z' in line 3; it must be one of 'x', 'y' as in training. Leave such rows out, or "
    "train with them.",
    "show good.csv": "MODEL is the table 'good.csv'; it must be a model file.",
    "show penguins": "MODEL is the table 'penguins'; it must be a model file.",
    "show garbage.safetensors": "not a glassnet model: garbage.safetensors is no valid safetensors file (7 bytes). It is damaged or of "
    "another kind.",
    # scratch
    "scratch nand": "unknown problem 'nand'. The choices are 'and', 'or', 'xor'.",
    "scratch xro": "unknown problem 'xro'. Did you mean 'xor'? The choices are 'and', 'or', 'xor'.",
    "scratch xor --epochs x": "--epochs is 'x'; it must be a whole number of at least 0.",
    "scratch xor --hidden-size 0": "--hidden-size is 0; it must be a whole number of at least 1.",
    "scratch xor --learning-rate -1": "--learning-rate is -1; it must be a finite number of at least 0.",
    "scratch xor --gradient x": "--gradient is 'x'; it must be one of 'cross_entropy', 'squared_error'.",
    "scratch xor --seed 99999999999": "seed is 99999999999; it must be a whole number from 0 to 4294967295.",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with tables and models, good and bad."""
    folder = tmp_path_factory.mktemp("bad")
    texts = {
        "good.csv": ["a,b,y", *(f"{i % 7},{i % 3},{'yx'[i % 2]}" for i in range(60))],
        "header.csv": ["a,b"],
        "one.csv": ["a,y", *(f"{i},x" for i in range(30))],
        "holes.csv": ["a,y", *(f"{i},{'' if i == 4 else i % 2}" for i in range(30))],
        "nothing.csv": ["a,y", *(f"{i}," for i in range(30))],
        "dates.csv": ["a,y", *(f"{i},2024-01-{i + 1:02d}" for i in range(20))],
        "alone.csv": ["y", *("xy"[i % 2] for i in range(30))],
        "bare.csv": ["1.5,a", "2.5,b", "3.5,a"],
        "ragged.csv": ["a,b,y", "1,2,3", "1,2"],
        "tiny.csv": ["a,y", "1,x", "2,y"],
        "flat.csv": ["a,y", *(f"3,{'xy'[i % 2]}" for i in range(30))],
        "new.csv": ["a,b,y", "1,2,x", "1,2,z"],
        "table.xlsx": ["no spreadsheet"],
        "words.txt": ["no table"],
        "my table.csv": ["a,y", "1,2"],
    }
    for name, lines in texts.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "latin.csv").write_bytes("a,y\n1,Юля\n".encode("cp1251"))
    (folder / "folder").mkdir()
    (folder / "folder.safetensors").mkdir()
    (folder / "garbage.safetensors").write_bytes(b"garbage")
    save_file({"w": np.ones(3, dtype=np.float32)}, folder / "foreign.safetensors")
    gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(2,)).save(folder / "bare.safetensors")
    for out, options in (("model", ["-t", "y"]), ("numbers", ["-t", "b", "--task", "regression"])):
        words = ["train", str(folder / "good.csv"), *options, "--epochs", "2"]
        assert main([*words, "-q", "-o", str(folder / f"{out}.safetensors")]) == 0
    return folder


@pytest.mark.parametrize("typed", CASES)
def test_bad_input(
    typed: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever cannot be used is answered in one sentence, with exit code 2; stdout and the folder stay as they were."""
    monkeypatch.chdir(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    code = main(typed.split())
    out, err = capsys.readouterr()
    command = typed.split()[0]
    name = "glassnet" if command not in COMMANDS else f"glassnet {command}"
    said, _, _ = err.partition(" Tried: ")  # what was tried differs in its last digits from machine to machine
    assert said.rstrip("\n") == f"{name}: {CASES[typed]}"
    assert (code, out) == (2, "")
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path != folder}
    assert after == before


def test_the_output_is_checked_before_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    """A typo in --out costs no training, nor even the reading of the table."""
    assert main(["train", "nosuch.csv", "-t", "y", "-o", "nosuch/m.safetensors"]) == 2
    assert "no such folder for --out: 'nosuch'. Create it" in capsys.readouterr().err
