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
    "train folder -t y": "folder: the path must lead to a file, got a folder.",
    "train table.xlsx -t y": "table.xlsx: the table must have at least one row, got 1 column names and no rows.",
    "train empty.csv -t y": "empty.csv: the file must hold a table, got an empty file.",
    "train header.csv -t b": "header.csv: the table must have at least one row, got 2 column names and no rows.",
    "train latin.csv -t y": "latin.csv: the encoding must be plain, but line 2 is not UTF-8 and may be 'Þëÿ' in cp1252, "
    "'Ţë˙' in cp1250, 'Юля' in cp1251, 'ﬁÎˇ' in mac_roman. Pass the one that reads right, such as --encoding cp1251.",
    "train bare.csv -t a": "--target must be one of the columns 'column_1', 'column_2', got 'a'. The file seems to have no "
    "line of names; --header yes takes its first line for one.",
    "train ragged.csv -t y": "ragged.csv: every row must have 3 fields like the others, got 1 of 2 that do not: "
    "line 3 (2). Check the separators and quotes there, or pass --bad-rows skip.",
    "train flat.csv -t y": "at least one column must tell rows apart, got 'a' left out: all its values are 3.",
    "train tiny.csv -t y": "the table must have at least 6 rows for its 3 parts, got 2.",
    "train alone.csv -t y": "there must be at least one column beside the target, got only 'y'.",
    "train model.safetensors -t y": "DATA must be a table, got the model file 'model.safetensors'. "
    "To use it: glassnet predict model.safetensors new.csv",
    # the target
    "train penguins": f"--target must name the column to predict, got nothing. The columns are {COLUMNS}.",
    "train penguins -t specis": f"--target must be one of the columns {COLUMNS}, got 'specis'. Did you mean 'species'?",
    "train one.csv -t y": "the target 'y' must have at least two classes, got only 'x'.",
    "train holes.csv -t y": "the target 'y' must have a value in every row, got 1 of 30 rows without, "
    "the first of them line 6. To leave them out, add --skip-missing.",
    "train nothing.csv -t y": "the target 'y' must have values, got a column without any.",
    "train dates.csv -t y": "the target 'y' must hold labels or numbers, got dates.",
    GOOD + "--task regression": "the target 'y' of a regression must hold numbers, got text such as 'y'. "
    "Use --task classification for labels.",
    GOOD + "--drop c": "--drop must be one of the columns 'a', 'b', 'y', got 'c'.",
    GOOD + "--drop a,b": "--drop must be one of the columns 'a', 'b', 'y', got 'a,b'. Repeat it: --drop a --drop b",
    GOOD + "--drop y": "--drop must not name the target, got 'y'.",
    # options
    GOOD + "--epochs many": "--epochs is 'many'; it must be a whole number of at least 1.",
    GOOD + "--epochs 0": "--epochs is 0; it must be a whole number of at least 1.",
    GOOD
    + "--validation 20": "--validation is 20; it must be a finite number above 0 and below 1. A share of 20 % is 0.2.",
    GOOD + "--epochs 2.5": "--epochs is 2.5; it must be a whole number of at least 1.",
    GOOD + "--rate 0": "--rate is 0; it must be a finite number above 0.",
    GOOD + "--rate nan": "--rate is nan; it must be a finite number above 0.",
    GOOD + "--rate 1e30": "loss and weights must stay finite, got a loss of nan. Lower --rate (now 1e+30).",
    GOOD + "--weight-decay 1e9": "loss and weights must stay finite, got a loss of nan. "
    "Lower --weight-decay (now 1e+09) or --rate (now 0.003).",
    GOOD + "--batch 0": "--batch is 0; it must be a whole number of at least 1.",
    GOOD + "--layers 64,x": "each width of --layers is 'x'; it must be a whole number of at least 1. Write the widths with commas: --layers 64,64",
    GOOD + "--layers 99999999999999999999": "each width of --layers must be at most 100,000, got 99999999999999999999.",
    GOOD + "--layers 64,4294967296": "each width of --layers must be at most 100,000, got 4294967296.",
    GOOD + "--activation rleu": "--activation is 'rleu'; it must be one of 'elu', 'gelu', 'identity', 'leaky_relu', 'mish', 'relu', 'selu', 'sigmoid', 'silu', 'softmax', 'softplus', 'tanh'. Did you mean 'relu'?",
    GOOD + "--dropout 1": "--dropout is 1; it must be a finite number of at least 0 and below 1.",
    GOOD + "--validation 0": "--validation is 0; it must be a finite number above 0 and below 1.",
    GOOD + "--validation 0.9": "--validation and --test must leave rows to train on, got 0.9 and 0.2.",
    GOOD + "--test -1": "--test is -1; it must be a finite number of at least 0 and below 1.",
    GOOD + "--seed x": "--seed is 'x'; it must be a whole number of at least 0.",
    GOOD + "--patience 0": "--patience is 0; it must be a whole number of at least 1.",
    GOOD + "--weight-decay -1": "--weight-decay is -1; it must be a finite number of at least 0.",
    GOOD + "--max-seconds 0": "--max-seconds is 0; it must be a finite number above 0.",
    GOOD + "--task classify": "--task is 'classify'; it must be one of 'auto', 'classification', 'regression'. Did you mean 'classification'?",
    # recipes
    GOOD
    + "--recipe realmpl": "--recipe is 'realmpl'; it must be one of 'fast', 'plain', 'realmlp', 'small', 'tabm', 'tabm-mini'. Did you mean 'realmlp'?",
    GOOD + "--recipe small --layers 64,32": "--layers must be left out with --recipe small, got 64,32. "
    "Only --recipe plain has it.",
    GOOD + "--recipe realmlp --layers none": "--layers must be left out with --recipe realmlp, got none. "
    "Only --recipe plain has it.",
    GOOD + "--recipe tabm --patience 5": "--patience must be left out with --recipe tabm, got 5. "
    "Only --recipe plain has it.",
    GOOD + "--recipe plain --metric auc": "--metric must be left out with --recipe plain, got 'auc'. "
    "Only the other recipes have it: realmlp, fast, small, tabm, tabm-mini.",
    GOOD + "--layers 64 --ensemble 3": "--ensemble must be left out with --layers, which means --recipe plain, got 3. "
    "Only the other recipes have it: realmlp, fast, small, tabm, tabm-mini.",
    GOOD
    + "--metric accurcy": "--metric must be one of 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', 'log_loss', "
    "got 'accurcy'. Did you mean 'accuracy'?",
    GOOD
    + "--metric rmse": "--metric must be one of 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', 'log_loss', "
    "got 'rmse'.",
    GOOD + "--ensemble 0": "--ensemble is 0; it must be a whole number of at least 1.",
    GOOD + "--ensemble few": "--ensemble is 'few'; it must be a whole number of at least 1.",
    GOOD + "--folds 1": "--folds is 1; it must be a whole number of at least 2.",
    GOOD + "--folds 99": "48 rows for 99 folds; there must be at least one row for each.",
    GOOD + "--folds 3 --validation 0.3": "--validation must be left out with --folds, got 0.3. "
    "Each fold is the validation rows of a network.",
    GOOD + "--folds 3 --test 0": "--test must be above 0 with --folds, got 0. All other rows are trained on.",
    GOOD + "--quantiles 0.1,0.9": "--quantiles must be used with numbers, got a classification of 'y'. Leave it out.",
    "train good.csv -t b --task regression --quantiles 0.9,0.1": "--quantiles must rise, got 0.9,0.1. "
    "Write the levels with commas: --quantiles 0.05,0.5,0.95",
    "train good.csv -t b --task regression --quantiles 0.1,1": "each of --quantiles is 1; it must be a finite number above 0 and below 1. Write the levels with commas: --quantiles 0.05,0.5,0.95",
    "train good.csv -t b --task regression --quantiles low": "each of --quantiles is 'low'; it must be a finite number above 0 and below 1. Write the levels with commas: --quantiles 0.05,0.5,0.95",
    "train good.csv -t b --task regression --quantiles 0.5 --metric mae": "--metric must be left out with --quantiles, "
    "got 'mae'. They are judged by the pinball loss.",
    # words
    "train": "DATA must be given, got nothing. See: glassnet train --help",
    GOOD + "--epoch 3": "unknown option --epoch. Did you mean --epochs?",
    "train good.csv -t": "-t must be followed by a value, got nothing. See: glassnet train --help",
    GOOD + "extra": "unexpected argument 'extra'. Put names with blanks in quotes.",
    "train good.csv y": "unexpected argument 'y'. Did you mean --target y?",
    "trian good.csv": "unknown command 'trian'. Did you mean train?",
    "fit good.csv": "unknown command 'fit'. Did you mean train?",
    "deploy good.csv": "unknown command 'deploy'. The commands are check, evaluate, explain, export, playground, predict, scratch, serve, "
    "show, train.",
    "serve good.csv": "MODEL must be a model file, got the table 'good.csv'.",
    "--nonsense": "unknown option --nonsense. See: glassnet --help",
    "train titanic.csv -t y": "no such file: titanic.csv.",
    # where the model goes
    GOOD + "-o nosuch/m.safetensors": "--out must lie in a folder that exists, got no such folder 'nosuch'. "
    "Create it: mkdir -p nosuch",
    GOOD + "-o words.txt/m.safetensors": "--out must lie in a folder that exists, got a file 'words.txt'.",
    GOOD + "-o m.bin": "--out must end in .safetensors, got 'm.bin'.",
    GOOD + "-o folder.safetensors": "--out must be a file, got a folder 'folder.safetensors'.",
    GOOD + "-o foreign.safetensors": "--out must not replace a file that glassnet did not write, "
    "got 'foreign.safetensors'. Choose another name.",
    # predict, evaluate, show
    "predict good.csv model.safetensors": "MODEL must be a model file, got the table 'good.csv'. "
    "The model comes first: glassnet predict MODEL DATA",
    "predict model.safetensors": "DATA must be given, got nothing. See: glassnet predict --help",
    "predict modle.safetensors good.csv": "no such file: modle.safetensors. Did you mean model.safetensors?",
    "predict garbage.safetensors good.csv": "garbage.safetensors: the file must be a safetensors file, "
    "got one of 7 bytes. It is damaged or of another kind.",
    "predict foreign.safetensors good.csv": "foreign.safetensors: the file must be written by glassnet, "
    "got safetensors without a network's description.",
    "predict bare.safetensors good.csv": "bare.safetensors: the file must hold a network with its table encoder, "
    "got a network alone. To see what it holds: glassnet show FILE",
    "predict model.safetensors one.csv": "one.csv lacks the column that the model needs: b.",
    "predict model.safetensors model.safetensors": "DATA must be a table, got the model file 'model.safetensors'. "
    "The table comes second.",
    "predict model.safetensors godo.csv": "no such file: godo.csv. Did you mean good.csv?",
    "predict numbers.safetensors good.csv -p": "--probabilities must be used with classes, got a regression of 'b'.",
    "predict model.safetensors good.csv -o nosuch/p.csv": "--out must lie in a folder that exists, "
    "got no such folder 'nosuch'. Create it: mkdir -p nosuch",
    "predict model.safetensors good.csv -o p.xls": "--out must end in .csv, .tsv, .json, .jsonl or .parquet, got 'p.xls'.",
    "predict model.safetensors good.csv -o good.csv": "--out must not be a file that is read, got 'good.csv'. "
    "Choose another name.",
    "evaluate model.safetensors tiny.csv": "tiny.csv lacks the column that the model needs: b.",
    "evaluate model.safetensors new.csv": "the target 'y' must be one of 'x', 'y' as in training, got 'z' in line 3. "
    "Leave such rows out, or train with them.",
    "show good.csv": "MODEL must be a model file, got the table 'good.csv'.",
    "show penguins": "MODEL must be a model file, got the table 'penguins'.",
    "show garbage.safetensors": "garbage.safetensors: the file must be a safetensors file, "
    "got one of 7 bytes. It is damaged or of another kind.",
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
    assert "--out must lie in a folder that exists" in capsys.readouterr().err
