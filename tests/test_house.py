"""The plan of the house: rooms whose imports point downwards, no circles, files and functions of a size that can be read."""

from __future__ import annotations

import ast

import house

# From the ground upwards: a room may import the rooms above it in this list, never those below. All imports count, those inside
# functions and those for type checkers too, each as one of the file that defines the name.
FLOORS = (
    "scratch", "errors", "utils", "charts", "metrics", "schedules", "optimizers", "layers", "losses", "engine", "saving", "attribution", "explanation", "training", "diagnosis", "plots", "distributed", "network", "populations", "sklearn", "datasets", "tabular", "reports", "exports", "serving", "playground", "cli", "__main__",
)  # fmt: skip

# Imports that point upwards, to be mended.
UPWARD: set[str] = set()

# Doors to a higher floor: what a file finds by name when it is called, see `glassnet.utils.upper_floor`. They are methods that open
# what is built on top of a network, and no way around the floors: this list stays as short as it is.
DOORS = {
    "glassnet.network": {"playground.doors.play_network", "playground.single_file.save_page"},
    "glassnet.plots.network_methods": {"reports.network_report.report_network"},
    "glassnet.sklearn.estimators.base": {"reports.perceptron_report.report_perceptron"},
    "glassnet.tabular.estimators.fitted": {"reports.model_report.report_model"},
    "glassnet.tabular.model": {"playground.doors.play_model", "reports.model_report.report_model"},
}

# Circles of files and rooms, to be mended.
CIRCLES = 0


# What is longer than the house allows, by name: files of more than 350 lines, functions of more than 50 without their docstring,
# signatures of more than 8 parameters. Estimators, and what shows the options of a fit, have as many as their users need.
LONG_FILES = {"glassnet.network", "glassnet.scratch"}
LONG_FUNCTIONS: set[str] = set()
WIDE_FUNCTIONS = {
    "glassnet.attribution.permutation.permutation_importance",
    "glassnet.diagnosis.backprop.checking.check_my_backprop",
    "glassnet.diagnosis.diagnosing.diagnose",
    "glassnet.engine.base_network.__init__",
    "glassnet.exports.exporting.export",
    "glassnet.network.fit",
    "glassnet.optimizers.adaptive.__init__",
    "glassnet.populations.rates.find_learning_rate",
    "glassnet.populations.search.sweep",
    "glassnet.scratch.train",
    "glassnet.sklearn.estimators.classifier.__init__",
    "glassnet.sklearn.estimators.regressor.__init__",
    "glassnet.tabular.estimators.estimators.__init__",
    "glassnet.tabular.reading.files.read_table",
    "glassnet.training.batches.__init__",
}


def room(module: str) -> str:
    """Return the room of a module; the package itself, which shows all rooms, stands below the command line only."""
    return "cli" if module == "glassnet" else module.split(".")[1]


def test_every_room_has_a_floor() -> None:
    """The plan knows every file and folder there is, and nothing else."""
    assert {room(module) for module in house.FILES} == set(FLOORS)


def test_imports_point_downwards() -> None:
    """No room imports one above it, wherever the import stands."""
    upward = {
        f"{module} -> {target}"
        for module, targets in house.imports().items()
        for target in targets
        if module != "glassnet" and FLOORS.index(room(target)) > FLOORS.index(room(module))
    }
    assert upward == UPWARD


def test_doors_upwards_are_few_and_lead_somewhere() -> None:
    """What is found by name on a higher floor is written out, is one of the list, and is there; nothing else imports by name upwards."""
    found: dict[str, set[str]] = {}
    for module, path in house.FILES.items():
        text = path.read_text()
        if "from_above" not in text:  # to parse it would be most of the time
            continue
        tree = ast.parse(text)
        uses = sum(isinstance(node, ast.Name) and node.id == "from_above" for node in ast.walk(tree))
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "from_above"
        ]
        assert uses == len(calls), f"{module}: from_above is only called"
        for call in calls:
            assert all(isinstance(word, ast.Constant) for word in call.args), f"{module}: doors are written out"
            above, name = (str(word.value) for word in call.args if isinstance(word, ast.Constant))
            found.setdefault(module, set()).add(f"{above}.{name}")
            assert FLOORS.index(room(f"glassnet.{above}")) > FLOORS.index(room(module))
            assert name in house.defined(f"glassnet.{above}")
    assert found == DOORS


def test_no_circles() -> None:
    """No file imports itself through others, and in no package two files or folders need each other."""
    packages = [module for module, path in house.FILES.items() if path.name == "__init__.py"]
    found = [group for package in packages for group in house.circles(house.within(package))]
    assert len(found + house.circles(house.imports())) == CIRCLES


def test_the_reader_sees_every_import() -> None:
    """Imports in functions, for type checkers, by a face and by a table of names are seen as those of the defining file."""
    found = house.imports()
    assert "glassnet.training.history" in found["glassnet"]  # by name in a table
    assert "glassnet.losses.regression" in found["glassnet"]  # through the face of a room
    assert "glassnet.plots.history" in found["glassnet.plots.network_methods"]  # inside a function
    assert house.circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert house.circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_the_reader_sees_every_function() -> None:
    """Functions count in classes, in functions and in every branch of every statement."""
    branches = (
        "class A:\n    def a(self): ...\n",
        "def b():\n    def c(): ...\n",
        "async def d():\n    def e(): ...\n",
        "if 1:\n    def f(): ...\nelse:\n    def g(): ...\n",
        "for x in y:\n    def h(): ...\nelse:\n    def i(): ...\n",
        "while 1:\n    with z:\n        def j(): ...\n",
        "try:\n    def k(): ...\nexcept E:\n    def l(): ...\nelse:\n    def m(): ...\nfinally:\n    def n(): ...\n",
        "match x:\n    case 1:\n        def o(): ...\n",
    )
    seen = [each.name for branch in branches for each in house.functions(branch)]
    assert sorted(seen) == list("abcefghijklmno")
    every = {path.read_text() for path in house.FILES.values() if "exports" in path.parts}
    for text in every:
        walked = [each.name for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef)]
        assert sorted(each.name for each in house.functions(text)) == sorted(walked)


def test_files_and_functions_can_be_read() -> None:
    """No file, function or signature is longer than the house allows, but those that are named above."""
    files, functions, wide = set(), set(), set()
    for module, path in house.FILES.items():
        text = path.read_text()
        if text.count("\n") > 350:
            files.add(module)
        for node in house.functions(text):
            name = f"{module}.{node.name}"
            if house.length(node) > 50:
                functions.add(name)
            if house.parameters(node) > 8:
                wide.add(name)
    assert files == LONG_FILES
    assert functions == LONG_FUNCTIONS
    assert wide == WIDE_FUNCTIONS
    assert len(LONG_FILES) <= 9
