"""What an editor and a notebook show: a network on one line, its summary, and the names that Tab offers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import glassnet as gn

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 3))
Y = (X[:, 0] > 0).astype(np.int64)


def net(*layers: gn.Layer, **options: Any) -> gn.Network:
    """Return a network of these layers, a classifier by default."""
    return gn.Network(list(layers), **{"loss": "cross_entropy", "seed": 0, **options})


class Own(gn.Layer):
    """A layer whose description fails, as one that somebody is still writing."""

    def config(self) -> dict[str, Any]:
        raise NotImplementedError


class Mine(gn.Network):
    """A network of one's own."""


DENSE = (gn.Dense(16, "relu"), gn.Dense(2))
LINES = {
    "Network(4 → Dense(16, relu) → Dense(2), cross_entropy, 114 parameters)": lambda: net(
        gn.Dense(16, "relu"), gn.Dense(2), input_shape=(4,)
    ),
    "Network(? → Dense(16, relu) → Dense(2), cross_entropy, not built)": lambda: net(gn.Dense(16, "relu"), gn.Dense(2)),
    "Network(4 → Dense(1), squared_error, 4 members, 5 parameters each)": lambda: net(
        gn.Dense(1), loss="squared_error", input_shape=(4,), members=4
    ),
    "Network(4 → Dense(1), squared_error, l2=0.5, float64, 5 parameters)": lambda: net(
        gn.Dense(1), loss="squared_error", input_shape=(4,), dtype="float64", l2=0.5
    ),
    "Network(8x8 → Flatten → Dropout(0.5) → Dense(3, use_bias=False), cross_entropy, 192 parameters)": lambda: net(
        gn.Flatten(), gn.Dropout(0.5), gn.Dense(3, use_bias=False), input_shape=(8, 8)
    ),
    "Network(4 → Residual(2 layers) → Concatenate(2 branches) → Dense(2), cross_entropy, 214 parameters)": lambda: net(
        gn.Residual([gn.Dense(8, "relu"), gn.Dense(4)]),
        gn.Concatenate([gn.Identity(), [gn.Dense(8, "tanh"), gn.Dense(8)]]),
        gn.Dense(2),
        input_shape=(4,),
    ),
    "Network(4 → Dense(8, relu) → Dense(8, relu) → … 8 more … → Dense(8, relu) → Dense(2), cross_entropy, "
    "778 parameters)": lambda: net(*(gn.Dense(8, "relu") for _ in range(11)), gn.Dense(2), input_shape=(4,)),
    "Network(4 → Dense(2, LeakyReLU(slope=0.2)), cross_entropy, 10 parameters)": lambda: net(
        gn.Dense(2, gn.LeakyReLU(0.2)), input_shape=(4,)
    ),
    "Mine(? → Own → Dense(2), cross_entropy, not built)": lambda: Mine([Own(), gn.Dense(2)], loss="cross_entropy"),
    "Network(3 → Dense(1), squared_error, 4 parameters)": lambda: net(
        gn.Dense(1), loss="squared_error", input_shape=(3,)
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_a_network_is_one_line(line: str) -> None:
    """Inputs, layers without what is default, loss, members, size: what one would say of it, in at most 120 characters."""
    assert repr(LINES[line]()) == line
    assert len(line) <= 120


def test_the_line_never_fails_and_never_grows() -> None:
    """A network that is half made has a line, and names, activations and layers of any length are cut."""
    assert repr(gn.Network.__new__(gn.Network)) == "Network(...)"
    long = type("A" * 200, (gn.Dense,), {"__doc__": "A layer."})
    for n in (1, 3, 5, 200):
        one = net(
            *(long(8, "relu") for _ in range(n)), gn.Dense(2), l1=0.1, l2=0.1, max_norm=1.0, members=9, dtype="float64"
        )
        assert len(repr(one)) <= 160
    loss = gn.CustomLoss(lambda z, y: (z - y) ** 2, lambda z, y: 2 * (z - y), name="l" * 300)
    assert len(repr(gn.Network([gn.Dense(1)], loss=loss))) <= 120


def test_summary_is_data_text_and_html() -> None:
    """Printed it is a table, in a cell the same or HTML, to a program rows, and places that show where a parameter is."""
    one = net(gn.Dense(4, "tanh"), gn.Dropout(0.1), gn.Dense(2), input_shape=(3,))
    found = one.summary()
    assert str(found) == (
        "layer                      output  parameters\n"
        "dense_1    Dense(4, 'tanh')  (4,)            16\n"
        "dropout_1  Dropout(0.1)      (4,)             0\n"
        "dense_2    Dense(2)          (2,)            10\n"
        "26 parameters, float32, 104 bytes; cross_entropy on samples of shape (3,)"
    ).replace("layer                      ", "layer                        ")
    assert repr(found) == str(found)
    assert [(row.layer, row.output, row.parameters) for row in found.rows] == [
        ("dense_1", (4,), 16), ("dropout_1", (4,), 0), ("dense_2", (2,), 10),
    ]  # fmt: skip
    for name, array in one.state_dict().items():
        np.testing.assert_array_equal(one.params[found.places[name]].reshape(found.shapes[name]), array)
    assert "Dense(4, &#x27;tanh&#x27;)" in found._repr_html_()
    assert "dense_2" in one._repr_html_()
    assert "not built" in net(gn.Dense(2))._repr_html_()


ROOMS = {
    "attribution", "datasets", "diagnosis", "distributed", "errors", "explanation", "exports", "layers", "losses", "metrics",
    "optimizers", "playground", "plots", "populations", "reports", "schedules", "scratch", "serving", "sklearn",
    "tabular", "training",
}  # fmt: skip


def test_tab_after_the_package_shows_what_users_call() -> None:
    """``dir(glassnet)`` is its public names and rooms, none of its own imports, and each of them is there."""
    assert set(dir(gn)) == {*gn.__all__, *ROOMS, "__version__"}
    assert dir(gn) == sorted(dir(gn))
    assert not {"Any", "TYPE_CHECKING", "annotations", "importlib", "VERSION", "unknown_name", "utils", "engine"} & {
        *dir(gn)
    }


def test_rooms_load_when_they_are_used() -> None:
    """After ``import glassnet`` alone every room is an attribute; none is loaded before, and a misspelt one is named."""
    code = (
        "import sys, glassnet as gn\n"
        "print('glassnet.plots.history' in sys.modules, 'glassnet.tabular' in sys.modules)\n"
        f"print(all(getattr(gn, name).__name__ == 'glassnet.' + name for name in {sorted(ROOMS)}))\n"
        "print(gn.plots.plot_history.__name__, gn.datasets.moons.__name__)\n"
        "try:\n    gn.plot\nexcept AttributeError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert done[:3] == ["False False", "True", "plot_history moons"]
    assert done[3] == "glassnet has no plot. Did you mean plots?"


def test_a_room_without_its_extra_says_what_to_install() -> None:
    """Where scikit-learn is missing its room is one sentence with the line for pip, and the others work."""
    code = (
        "import sys\nsys.modules['sklearn'] = None\nimport glassnet as gn\n"
        "try:\n    gn.sklearn\nexcept ImportError as error:\n    print(error)\nprint(gn.tabular.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert "pip install" in done[0]
    assert done[1:] == ["glassnet.tabular"]


def test_tab_after_objects_shows_what_users_call() -> None:
    """A network's machinery is private: what is left is documented, and so is what training returns."""
    one = net(gn.Dense(2))
    history = one.fit(X, Y, epochs=1, diagnose=False)
    offered = {name for name in dir(one) if not name.startswith("_")}
    assert (
        not {"accumulate", "broadcast", "built", "noise", "plan", "run", "slots", "store", "streams", "twin"} & offered
    )
    assert not {"record", "extend", "complete"} & {*dir(history)}
    assert not {"sign", "check_monitor"} & {*dir(gn.EarlyStopping())}
