"""The options for reading a table on the command line: the same words everywhere, kept in the file, checked."""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glassnet.cli.reading_options import ReadingOptions
from glassnet.errors import ConfigError, FormatError
from glassnet.tabular import TableModel, read_table
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.kept_options import options_config, options_from_config
from glassnet.tabular.reading.options import ReadOptions, command_line_spelling

pytest.importorskip("typer")

Run = Callable[..., tuple[int, str, str]]

SHORT = ["--recipe", "plain", "--epochs", "2", "-q"]


def write(name: str, header: str, cells: Callable[[int], str], n: int = 60) -> str:
    """Write a table of n rows and return its name."""
    Path(name).write_text("\n".join([header, *(cells(i) for i in range(n))]) + "\n")
    return name


def write_sales(name: str = "sales.csv", price: str = "{},{:03d}", n: int = 60) -> str:
    """Write a table whose prices such as 1,250 may have thousands or decimals."""
    return write(
        name,
        "price;kind;y",
        lambda i: f"{price.format(i % 9 + 1, i * 7 % 1000)};{'pq'[i % 2]};{['no', 'yes'][i % 3 == 0]}",
        n,
    )


# ---- the words ------------------------------------------------------------------------------------------------------


def test_words_are_those_of_python() -> None:
    """The commands have the options of `read_table`, but ``like``, which is the model."""
    ours = {each.name for each in dataclasses.fields(ReadingOptions)}
    assert ours == set(inspect.signature(read_table).parameters) - {"path", "like", "unknown"}


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "explain"])
def test_every_command_that_reads_has_them(run: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The help of each command lists all of them."""
    monkeypatch.setenv("COLUMNS", "120")
    code, out, _ = run(command, "--help")
    assert code == 0
    for each in dataclasses.fields(ReadingOptions):
        assert f"--{each.name.replace('_', '-')} " in out


def test_what_a_message_advises_can_be_typed() -> None:
    """The spelling of options in messages is read back as the same options."""
    given = {"separator": "\t", "decimal": ",", "thousands": " ", "encoding": "cp1252", "header": False, "skip_lines": 3,
             "bad_rows": "skip", "missing": ("-999", "no idea"), "day_first": True, "read": {"a=b c": "text"}}  # fmt: skip
    import shlex

    texts: dict[str, object] = dict.fromkeys(each.name for each in dataclasses.fields(ReadingOptions))
    words = [word for name, value in given.items() for word in shlex.split(command_line_spelling(name, value))]
    for flag, value in zip(words[::2], words[1::2], strict=True):
        name = flag[2:].replace("-", "_")
        texts[name] = [*(texts[name] or []), value] if name in ("missing", "read") else value  # type: ignore[misc]
    found = ReadingOptions.from_texts(texts).options("test")
    assert {name: getattr(found, name) for name in given} == given


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--decimal", "x"], "--decimal is 'x'; it must be a dot or a comma."),
        (["--thousands", ";"], "--thousands is ';'; it must be a comma or a dot or space or an apostrophe or an underscore."),
        (["--decimal", ",", "--thousands", "comma"], "--decimal and --thousands are both ','; they must differ."),
        (["--separator", ""], "--separator is empty; it must be a character, or the word tab or space."),
        (["--encoding", "nope"], "unknown encoding 'nope'; --encoding must be one that Python knows, such as utf-8 or cp1252."),
        (["--encoding", "rot13"], "unknown encoding 'rot13'; --encoding must be one that Python knows, such as utf-8 or cp1252."),
        (["--header", "maybe"], "--header is 'maybe'; it must be yes, no or a number of lines."),
        (["--header", "-1"], "--header is -1; it must be yes, no or a number of lines."),
        (["--skip-lines", "few"], "--skip-lines is 'few'; it must be a whole number of at least 0."),
        (["--day-first", "perhaps"], "--day-first is 'perhaps'; it must be yes or no."),
        (["--read", "price"], "--read is 'price'; it must be COLUMN=KIND, such as --read zip=text."),
        (["--read", "=text"], "--read is '=text'; it must be COLUMN=KIND, such as --read zip=text."),
        (["--read", "a=text", "--read", "a=number"], "--read gives 'a' two kinds, text and number. Leave one out."),
        (["--drop", "a", "--read", "a=text"], "--drop and --read both name 'a'. Leave one out."),
        (["--read", "y=drop"], "--drop names the target, 'y'; it must be another column."),
    ],
)  # fmt: skip
def test_wrong_values_are_refused(run: Run, options: list[str], sentence: str) -> None:
    """A value that an option cannot have is refused before anything is read, in the words that were typed."""
    assert run("train", "no-such-file.csv", "-t", "y", *options) == (2, "", f"glassnet train: {sentence}\n")


def test_wrong_words_name_the_choices(run: Run) -> None:
    """A kind or a word that does not exist is answered with those that do."""
    _, _, err = run("train", "penguins", "-t", "species", "--read", "year=numbr")
    assert (
        "the kind after --read year= is 'numbr'; it must be one of 'category', 'date', 'drop', 'number', 'text'. Did you mean 'number'?"
        in err
    )
    assert "Did you mean 'number'?" in err
    _, _, err = run("train", "penguins", "-t", "species", "--bad-rows", "drop")
    assert "--bad-rows is 'drop'; it must be one of" in err


@pytest.mark.parametrize("option", ["--drop", "--read"])
def test_unknown_columns_are_asked_for(run: Run, option: str) -> None:
    """A column that is not there is refused with the nearest name, also where it would not be read at all."""
    value = "yaer" if option == "--drop" else "yaer=text"
    code, out, err = run("train", "penguins", "-t", "species", option, value)
    assert (code, out) == (2, "")
    assert err == f"glassnet train: unknown column 'yaer' for {option}. Did you mean 'year'?\n"


def test_unknown_columns_in_python() -> None:
    """Python's ``read`` is checked too."""
    with pytest.raises(ConfigError, match=r"there is no column 'yaer' to leave out\. Did you mean 'year'?"):
        read_table("penguins", read={"yaer": "drop"})
    with pytest.raises(ConfigError, match=r"there is no column 'size' to read as text\. The columns are 'species', "):
        read_table("penguins", read={"size": "text"})


# ---- reading, training, predicting ----------------------------------------------------------------------------------


def test_what_is_open_is_decided_by_the_option_that_the_message_names(run: Run) -> None:
    """The refusal names options; with one of them the same command trains, and the file keeps it."""
    data = write_sales()
    code, _, err = run("train", data, "-t", "y", *SHORT)
    assert code == 2
    assert "--thousands , or --decimal ," in err
    for option, low, high in (("--thousands", 1007.0, 9007.0), ("--decimal", 1.007, 9.007)):
        assert run("train", data, "-t", "y", option, ",", *SHORT)[0] == 0
        model = TableModel.load("model.safetensors")
        assert getattr(model.reading, option[2:]) == ","
        values = model.table({"price": ["1,000", "9,999"], "kind": ["p", "q"]})
        assert model.encoder.transform(values).shape == (2, 2)
        assert model.warnings({"price": [low, high], "kind": ["p", "q"]}) == []


def test_predict_reads_as_training_did(run: Run) -> None:
    """Options of training hold at prediction without being typed again, for few rows and for numbers alike."""
    data = write("a.csv", "v,w,y", lambda i: f"{-999 if i % 9 == 4 else i},0{i % 9 + 1}/0{i % 5 + 1}/2024,{i % 2}", 90)
    assert run("train", data, "-t", "y", "--missing", "-999", "--day-first", "no", *SHORT)[0] == 0
    write("one.csv", "v,w", lambda i: "-999,02/03/2024", 1)
    code, out, err = run("predict", "model.safetensors", "one.csv", "--json")
    assert (code, err) == (0, "")
    model, table = TableModel.load("model.safetensors"), None
    table = read_table("one.csv", like=model)
    assert table["v"].n_missing == 1
    X = model.encoder.transform(table)
    same = model.encoder.transform({"v": [np.nan], "w": np.array(["2024-02-03"], dtype="M8[us]")})
    assert np.array_equal(X, same)
    assert json.loads(out)["warnings"] == []


def test_what_is_given_at_prediction_goes_first(run: Run) -> None:
    """New data in another notation are read with the option for it, and give the same answers."""
    write_sales("commas.csv", "{}.{:03d},5")
    write_sales("points.csv", "{},{:03d}.5")
    assert run("train", "commas.csv", "-t", "y", *SHORT)[0] == 0
    _, expected, _ = run("predict", "model.safetensors", "commas.csv", "-p")
    code, out, err = run("predict", "model.safetensors", "points.csv", "-p")
    assert code == 2
    assert "must hold numbers such as" in err
    code, out, err = run("predict", "model.safetensors", "points.csv", "-p", "--decimal", ".", "--thousands", ",")
    assert (code, out) == (0, expected)
    for command in (["evaluate"], ["explain"]):
        code, _, err = run(*command, "model.safetensors", "points.csv", "--decimal", ".", "--thousands", ",", "--json")
        assert (code, err) == (0, "")


def test_dates_of_another_order_at_prediction(run: Run) -> None:
    """A model that learned day-first dates takes month-first ones with the option."""
    write("days.csv", "d,z,y", lambda i: f"{i % 28 + 1:02d}/{i % 12 + 1:02d}/2024,{i},{i % 2}", 90)
    write("months.csv", "d,z,y", lambda i: f"{i % 12 + 1:02d}/{i % 28 + 1:02d}/2024,{i},{i % 2}", 90)
    assert run("train", "days.csv", "-t", "y", *SHORT)[0] == 0
    _, expected, _ = run("predict", "model.safetensors", "days.csv", "-p")
    assert run("predict", "model.safetensors", "months.csv", "-p", "--day-first", "no")[:2] == (0, expected)


def test_a_kind_other_than_in_training_is_refused(run: Run) -> None:
    """A column cannot be read as another kind than in training; an unknown one is asked for."""
    data = write_sales()
    assert run("train", data, "-t", "y", "--decimal", ",", *SHORT)[0] == 0
    code, _, err = run("predict", "model.safetensors", data, "--read", "price=text")
    assert code == 2
    assert "column 'price' held numbers such as" in err
    assert "in training, not what --read price=text reads. Leave that out, or train again with it." in err
    assert run("predict", "model.safetensors", data, "--read", "price=number")[0] == 0
    code, _, err = run("predict", "model.safetensors", data, "--read", "prise=number")
    assert code == 2
    assert "Did you mean 'price'?" in err


def test_a_dropped_column_is_never_read(run: Run) -> None:
    """What would be refused is not looked at if it is dropped, by either option, and the report lists it."""
    data = write_sales()
    for words in (["--drop", "price"], ["--read", "price=drop"]):
        code, out, err = run("train", data, "-t", "y", *words, "--recipe", "plain", "--epochs", "2", "--json")
        assert (code, err) == (0, "")
        result = json.loads(out)
        assert result["dropped"] == ["price"]
        assert [column["name"] for column in result["columns"]] == ["kind"]
    write("without.csv", "kind", lambda i: "pq"[i % 2])
    assert run("predict", "model.safetensors", "without.csv")[0] == 0
    code, out, err = run("predict", "model.safetensors", data, "--keep", "price")
    assert (code, err) == (0, "")
    assert out.startswith('price,prediction\n"1,000",')


def test_separator_and_text(run: Run) -> None:
    """A separator in words, and a column that stays text with its leading zeros."""
    data = write("a.tsv", "zip\tz\ty", lambda i: f"{i % 5:05d}\t{i}\t{i % 2}")
    words = ["--separator", "tab", "--read", "zip=text"]
    assert run("train", data, "-t", "y", *words, *SHORT)[0] == 0
    model = TableModel.load("model.safetensors")
    assert model.encoder.feature_names[0] == "zip=00000"
    assert options_config(model.reading) == {"separator": "\t", "read": {"zip": "text"}}


def test_the_columns_are_named_where_the_target_is_not(run: Run) -> None:
    """Without a target the message lists columns as the options read them."""
    _, _, err = run("train", "penguins", "--drop", "year")
    assert "'sex'." in err
    assert "'year'" not in err


# ---- in the model file ----------------------------------------------------------------------------------------------


def test_options_as_plain_data() -> None:
    """What is kept gives the same options back; nothing is kept of what was not given."""
    given = ReadOptions(separator=";", header=False, skip_lines=2, decimal=",", missing=("x",), read={"a": "drop"})
    config = options_config(given)
    assert json.loads(json.dumps(config)) == config
    assert options_from_config("here", config) == given
    assert options_config(ReadOptions()) == {}
    assert options_from_config("here", None) == ReadOptions()


@pytest.mark.parametrize(
    "config",
    [[], "x", {"like": 1}, {"decimal": "x"}, {"decimal": 1}, {"missing": "x"}, {"missing": [1]}, {"read": []},
     {"read": {"a": 1}}, {"read": {"a": "b"}}, {"header": "x"}, {"skip_lines": -1}, {"day_first": 1}, {"spelled": "x"},
     {"decimal": ",", "thousands": ","}],
)  # fmt: skip
def test_wrong_entries_of_a_file_are_refused(config: object) -> None:
    """Whatever a file holds in this place, it is options or one sentence."""
    with pytest.raises(FormatError):
        options_from_config("here", config)


def test_older_files_have_no_options() -> None:
    """A model of an earlier release reads tables as before."""
    path = next(Path(__file__).parent.joinpath("data").glob("table_realmlp_*.safetensors"))
    assert TableModel.load(path).reading == ReadOptions()


def test_forms_follow_what_is_given() -> None:
    """Marks given for new data change the forms of numbers and dates, and those only."""
    forms = {
        "n": Form("number", decimal=",", thousands=".", missing=("-9", "none")),
        "t": Form("number", style="time"),
        "d": Form("date", order="dmy"),
        "c": Form("category"),
    }
    kept = ReadOptions(missing=("-9",), day_first=True)
    same = ReadOptions().like("here", kept, forms)
    assert (same.forms, same.changed, same.missing, same.day_first) == (forms, (), ("-9",), True)
    now = ReadOptions(thousands=",").like("here", kept, forms)
    assert (now.forms["n"].decimal, now.forms["n"].thousands, now.changed) == (".", ",", ("n",))
    now = ReadOptions(day_first=False, missing=("-1",)).like("here", kept, forms)
    assert (now.forms["d"].order, now.forms["n"].missing, now.changed) == ("mdy", ("none",), ("n", "d"))


def test_estimators_keep_their_options_too(run: Run) -> None:
    """A file that an estimator writes is read on the command line as its training was."""
    pytest.importorskip("sklearn")
    from glassnet.tabular import TabularClassifier

    frame = {"v": np.where(np.arange(60) % 9 == 4, -9.0, np.arange(60.0)), "w": [f"{i},5" for i in range(60)]}
    options = {"missing": [-9], "decimal": ",", "read": {"z": "drop"}}
    model = TabularClassifier(recipe="small", epochs=1, random_state=0, **options)
    model.fit({**frame, "z": np.arange(60)}, ["a", "b"] * 30)
    model.save("m.safetensors")
    kept = TableModel.load("m.safetensors").reading
    assert options_config(kept) == {"decimal": ",", "missing": ["-9"], "read": {"z": "drop"}}
    write("new.csv", "v;w", lambda i: f"{-9 if i == 0 else i};{i},5", 5)
    for like in (model, TableModel.load("m.safetensors")):
        assert read_table("new.csv", like=like)["v"].n_missing == 1
    with pytest.raises(
        ConfigError, match="like is of type TabularClassifier; it must be a table model or a fitted estimator"
    ):
        read_table("new.csv", like=TabularClassifier())
    assert run("predict", "m.safetensors", "new.csv")[0] == 0


def test_help_needs_no_tables() -> None:
    """The help is printed without what reads tables, which takes a moment to import."""
    code = "import sys; from glassnet.cli.app import main; main(['train', '--help']); print('glassnet.tabular' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_options_of_training_that_do_not_fit_a_new_file_are_named(run: Run) -> None:
    """Where a new file has another layout than that of training, the message says which options were not typed now."""
    write("bars.csv", "a|b|y", lambda i: f"{i % 9}.5|{i}|{i % 2}")
    write("commas.csv", "a,b,y", lambda i: f"{i % 9}.5,{i},{i % 2}")
    assert run("train", "bars.csv", "-t", "y", "--separator", "|", *SHORT)[0] == 0
    code, out, err = run("predict", "model.safetensors", "commas.csv")
    assert (code, out) == (2, "")
    assert err.endswith(" It was read with --separator '|', as in training; options for this file go before that.\n")
    assert "Leave the option out" not in err
    assert run("predict", "model.safetensors", "commas.csv", "--separator", ",")[0] == 0
    assert "as in training" not in run("predict", "model.safetensors", "nosuch.csv")[2]
    _, _, err = run("predict", "model.safetensors", "commas.csv", "--separator", ";")
    assert "as in training" not in err


def test_checkpoints_keep_the_options_too(run: Run) -> None:
    """The file of a training that goes on reads new tables as the finished model does."""
    data = write_sales()
    words = ["train", data, "-t", "y", "--decimal", ",", "--missing", "x", "--checkpoint", "run.safetensors"]
    assert run(*words, "--recipe", "small", "--epochs", "2", "-q")[0] == 0
    models = [TableModel.load(name) for name in ("run.safetensors", "model.safetensors")]
    assert [options_config(model.reading) for model in models] == [{"decimal": ",", "missing": ["x"]}] * 2
