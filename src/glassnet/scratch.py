"""A neural network in eight NumPy functions: the lesson that glassnet grew out of.

The functions keep the names, parameters and defaults of the tutorial "Neural Networks: Building a 'Brain' from
Scratch" by Nilavya Das (DEV Community), and its arithmetic: `train` prints the same lines. The explanations, the checks
and the two keywords `gradient` and `seed` are ours. The file needs NumPy only and can be pasted into a notebook.

One row of ``X`` is one sample. It passes through two layers, each a matrix product and a sigmoid::

    X (n, inputs)  ->  hidden_output (n, hidden)  ->  final_output (n, outputs)
                weights_input_hidden      weights_hidden_output
                + bias_hidden             + bias_output

**Two losses in one program.** What the tutorial prints is the mean cross-entropy, `compute_loss`. What it
back-propagates is the gradient of another loss, half the summed squared error
``0.5 * np.sum((final_output - Y) ** 2)``. Both are smallest where ``final_output`` equals ``Y``, so the network learns
all the same; but a comparison with finite differences of the printed loss fails, which is how such a mix is found.
``gradient="cross_entropy"`` back-propagates the printed loss instead. Both forms are sums over the ``m`` samples:
``"cross_entropy"`` divided by ``m`` is exactly the gradient of `compute_loss`. Part 6 of the course,
``docs/course/6-the-tutorials-mismatch.ipynb``, measures the difference.

Read from the top. The checks at the end only put what is wrong with an input into one sentence.

Examples
--------
>>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
>>> Y = np.array([[0], [1], [1], [0]])
>>> parameters = train(X, Y, 2, 4, 1, learning_rate=1.0, epochs=2001)  # doctest: +ELLIPSIS
Epoch 0, Loss: 0.694980517...
Epoch 1000, Loss: 0.079156536...
Epoch 2000, Loss: 0.034534887...
>>> hidden_output, final_output = forward_propagation(X, *parameters)
>>> (final_output > 0.5).astype(int).ravel()
array([0, 1, 1, 0])
"""

import numpy as np

__all__ = [
    "GRADIENTS",
    "PROBLEMS",
    "backpropagation",
    "compute_loss",
    "forward_propagation",
    "initialize_parameters",
    "run_tutorial",
    "sigmoid",
    "sigmoid_derivative",
    "train",
    "update_parameters",
]

# The parameters, and their gradients, always come in this order.
PARAMETERS = ("weights_input_hidden", "weights_hidden_output", "bias_hidden", "bias_output")
FourMatrices = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

# What `backpropagation` can differentiate; the first is the tutorial's.
GRADIENTS = ("squared_error", "cross_entropy")

# The answers for the inputs (0, 0), (0, 1), (1, 0), (1, 1).
PROBLEMS = {"xor": (0, 1, 1, 0), "and": (0, 0, 0, 1), "or": (0, 1, 1, 1)}

# The float64 numbers next to 0 (of full precision) and to 1. A prediction of exactly 0 or 1 counts as its neighbour,
# so that its logarithm is finite. A wider margin, such as the usual 1e-12, would also change honest small predictions.
ABOVE_ZERO = float(np.finfo(np.float64).tiny)
BELOW_ONE = 1.0 - float(np.finfo(np.float64).epsneg)


def sigmoid(x: np.ndarray | float) -> np.ndarray:
    """Squash any number into the range from 0 to 1.

    ``sigmoid(x) = 1 / (1 + exp(-x))``

    Parameters
    ----------
    x : array of any shape, or a number
        -inf gives 0, inf gives 1, NaN stays NaN.

    Returns
    -------
    array of the same shape
        Numbers from 0 to 1.

    Examples
    --------
    >>> sigmoid(np.array([-np.inf, -1000.0, 0.0, 1000.0]))
    array([0. , 0. , 0.5, 1. ])
    """
    x = _numbers("sigmoid", "x", x)
    # Below x = -709, exp(-x) is inf, and 1 / (1 + inf) is 0: the right limit, so there is nothing to warn about.
    with np.errstate(over="ignore", under="ignore"):
        y: np.ndarray = 1 / (1 + np.exp(-x))
    return y


def sigmoid_derivative(x: np.ndarray | float) -> np.ndarray:
    """Slope of the sigmoid, from the sigmoid's *output*.

    ``sigmoid'(z) = x * (1 - x)`` where ``x = sigmoid(z)``

    The forward pass has ``x`` at hand already, which saves another exponential. To pass ``z`` is a common mistake.

    Parameters
    ----------
    x : array of any shape, or a number
        What `sigmoid` returned.

    Returns
    -------
    array of the same shape
        At most 1/4, where ``x`` is 0.5; almost 0 where ``x`` is almost 0 or 1.

    Examples
    --------
    >>> sigmoid_derivative(sigmoid(np.array([0.0, 1000.0])))
    array([0.25, 0.  ])
    """
    x = _numbers("sigmoid_derivative", "x", x)
    slope: np.ndarray = x * (1 - x)
    return slope


def initialize_parameters(input_size: int, hidden_size: int, output_size: int, *, seed: int = 2) -> FourMatrices:
    """Draw the weights evenly from -0.5 to 0.5, and set the biases to 0.

    Hidden neurons that start equal get equal gradients and stay equal for ever: hence the random weights.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        Columns of ``X``, neurons of the hidden layer, columns of ``Y``.
    seed : int, default=2
        2 gives the tutorial's weights. NumPy's global generator is left alone.

    Returns
    -------
    weights_input_hidden : (input_size, hidden_size)
        Random, from -0.5 to 0.5.
    weights_hidden_output : (hidden_size, output_size)
        Random, from -0.5 to 0.5.
    bias_hidden : (1, hidden_size)
        Zeros.
    bias_output : (1, output_size)
        Zeros.

    Examples
    --------
    >>> weights_input_hidden, weights_hidden_output, bias_hidden, bias_output = initialize_parameters(2, 4, 1)
    >>> weights_hidden_output.round(3).ravel()
    array([-0.2  , -0.233,  0.121,  0.029])
    """
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("output_size", output_size)):
        _check_whole("initialize_parameters", name, size, 1)
    _check_whole("initialize_parameters", "seed", seed, 0, 2**32 - 1)
    # The generator of the tutorial: NumPy's newer ones draw other weights from the same seed.
    random = np.random.RandomState(seed)
    weights_input_hidden = random.rand(input_size, hidden_size) - 0.5
    weights_hidden_output = random.rand(hidden_size, output_size) - 0.5
    bias_hidden = np.zeros((1, hidden_size))
    bias_output = np.zeros((1, output_size))
    return weights_input_hidden, weights_hidden_output, bias_hidden, bias_output


def forward_propagation(
    X: np.ndarray,
    weights_input_hidden: np.ndarray,
    weights_hidden_output: np.ndarray,
    bias_hidden: np.ndarray,
    bias_output: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Compute what both layers answer to every sample.

    ``hidden_output = sigmoid(X @ weights_input_hidden + bias_hidden)``

    ``final_output = sigmoid(hidden_output @ weights_hidden_output + bias_output)``

    Parameters
    ----------
    X : (n, inputs)
        One sample per row.
    weights_input_hidden : (inputs, hidden)
        From each input to each hidden neuron.
    weights_hidden_output : (hidden, outputs)
        From each hidden neuron to each output.
    bias_hidden : (1, hidden)
        Added to what enters the hidden neurons.
    bias_output : (1, outputs)
        Added to what enters the output neurons.

    Returns
    -------
    hidden_output : (n, hidden)
        What the hidden neurons answer, from 0 to 1.
    final_output : (n, outputs)
        The predictions, from 0 to 1.

    Examples
    --------
    Weights of 0 let nothing through: every neuron answers ``sigmoid(0)``.

    >>> forward_propagation(np.ones((1, 2)), np.zeros((2, 3)), np.zeros((3, 1)), np.zeros((1, 3)), np.zeros((1, 1)))
    (array([[0.5, 0.5, 0.5]]), array([[0.5]]))
    """
    matrices = (
        ("X", X, "sample", "input"),
        ("weights_input_hidden", weights_input_hidden, "input", "hidden neuron"),
        ("weights_hidden_output", weights_hidden_output, "hidden neuron", "output"),
        ("bias_hidden", bias_hidden, "bias", "hidden neuron"),
        ("bias_output", bias_output, "bias", "output"),
    )
    _check_shapes("forward_propagation", *matrices)
    hidden_input = np.dot(X, weights_input_hidden) + bias_hidden
    hidden_output = sigmoid(hidden_input)
    final_input = np.dot(hidden_output, weights_hidden_output) + bias_output
    final_output = sigmoid(final_input)
    _check_finite("forward_propagation", final_output, *matrices)
    return hidden_output, final_output


def compute_loss(Y: np.ndarray, Y_hat: np.ndarray) -> float:
    """Mean cross-entropy: how much the answers surprise the predictions.

    ``log_likelihood = Y * log(Y_hat) + (1 - Y) * log(1 - Y_hat)``

    ``loss = -(1 / m) * sum(log_likelihood)`` with ``m = Y.shape[0]``

    Parameters
    ----------
    Y : (m, outputs)
        The answers, 0 or 1.
    Y_hat : (m, outputs)
        The predictions, from 0 to 1. Exactly 0 and 1 count as their neighbours in float64: the loss stays finite.

    Returns
    -------
    float
        For one output: 0 if all predictions are right and certain, ``log(2) = 0.693`` if all are 0.5.

    Examples
    --------
    >>> round(compute_loss(np.array([[0], [1]]), np.array([[0.5], [0.5]])), 6)
    0.693147
    >>> round(compute_loss(np.array([[1]]), np.array([[0.0]])), 1)
    708.4
    """
    matrices = (("Y", Y, "sample", "output"), ("Y_hat", Y_hat, "sample", "output"))
    _check_shapes("compute_loss", *matrices)
    m = Y.shape[0]
    if not (Y_hat.min() > 0 and Y_hat.max() < 1):
        _check_range("compute_loss", "Y_hat", Y_hat, "Pass the output of a sigmoid.")
        Y_hat = np.clip(np.asarray(Y_hat, dtype=np.float64), ABOVE_ZERO, BELOW_ONE)
    log_likelihood = Y * np.log(Y_hat) + (1 - Y) * np.log(1 - Y_hat)
    loss = -float((1 / m) * log_likelihood.sum())
    if not loss < np.inf:
        _check_finite("compute_loss", log_likelihood, *matrices)
    return loss + 0.0  # turns -0.0 into 0.0


def backpropagation(
    X: np.ndarray,
    Y: np.ndarray,
    hidden_output: np.ndarray,
    final_output: np.ndarray,
    weights_hidden_output: np.ndarray,
    weights_input_hidden: np.ndarray,
    *,
    gradient: str = "squared_error",
) -> FourMatrices:
    """Follow the chain rule from the predictions back to every weight and bias.

    It starts with ``delta_output``, the slope of the loss with respect to what enters the output neurons:

    * ``"squared_error"``: ``delta_output = (final_output - Y) * sigmoid_derivative(final_output)``,
      for the loss ``0.5 * np.sum((final_output - Y) ** 2)``;
    * ``"cross_entropy"``: ``delta_output = final_output - Y``, for the loss ``m * compute_loss(Y, final_output)``. The
      slope of the logarithm cancels that of the sigmoid, so that what is certain and wrong is corrected in full.

    From there on both are the same:

    ``d_weights_hidden_output = hidden_output.T @ delta_output``, ``d_bias_output = sum_n delta_output``

    ``delta_hidden = (delta_output @ weights_hidden_output.T) * sigmoid_derivative(hidden_output)``

    ``d_weights_input_hidden = X.T @ delta_hidden``, ``d_bias_hidden = sum_n delta_hidden``

    Parameters
    ----------
    X : (m, inputs)
        One sample per row.
    Y : (m, outputs)
        The answers, from 0 to 1.
    hidden_output : (m, hidden)
        From `forward_propagation`.
    final_output : (m, outputs)
        From `forward_propagation`.
    weights_hidden_output : (hidden, outputs)
        As `forward_propagation` used them.
    weights_input_hidden : (inputs, hidden)
        Taken because the tutorial takes it; no formula needs it.
    gradient : {"squared_error", "cross_entropy"}, default="squared_error"
        The loss to differentiate, summed over the samples; the default is the tutorial's. Divide ``"cross_entropy"`` by
        ``m`` for the gradient of `compute_loss`, which is a mean.

    Returns
    -------
    d_weights_input_hidden : (inputs, hidden)
        The gradient for ``weights_input_hidden``; the others likewise.
    d_weights_hidden_output : (hidden, outputs)
        For ``weights_hidden_output``.
    d_bias_hidden : (1, hidden)
        For ``bias_hidden``.
    d_bias_output : (1, outputs)
        For ``bias_output``.

    Examples
    --------
    A prediction of 0.75 for an answer of 1: the error is -0.25, the sigmoid's slope there 0.75 * 0.25 = 0.1875.

    >>> X, Y, hidden_output, final_output, weights = (np.array([[value]]) for value in (1.0, 1.0, 0.5, 0.75, 1.0))
    >>> backpropagation(X, Y, hidden_output, final_output, weights, weights)[3]
    array([[-0.046875]])
    >>> backpropagation(X, Y, hidden_output, final_output, weights, weights, gradient="cross_entropy")[3]
    array([[-0.25]])
    """
    matrices = (
        ("X", X, "sample", "input"),
        ("Y", Y, "sample", "output"),
        ("hidden_output", hidden_output, "sample", "hidden neuron"),
        ("final_output", final_output, "sample", "output"),
        ("weights_hidden_output", weights_hidden_output, "hidden neuron", "output"),
        ("weights_input_hidden", weights_input_hidden, "input", "hidden neuron"),
    )
    _check_shapes("backpropagation", *matrices)
    _check_choice("backpropagation", "gradient", gradient, GRADIENTS)

    error = final_output - Y
    delta_output = error if gradient == "cross_entropy" else error * sigmoid_derivative(final_output)
    d_weights_hidden_output = np.dot(hidden_output.T, delta_output)
    d_bias_output = delta_output.sum(axis=0, keepdims=True)

    error_hidden = np.dot(delta_output, weights_hidden_output.T)
    delta_hidden = error_hidden * sigmoid_derivative(hidden_output)
    d_weights_input_hidden = np.dot(X.T, delta_hidden)
    d_bias_hidden = delta_hidden.sum(axis=0, keepdims=True)

    # This gradient is the end of the chain: a NaN in any matrix it is made from has reached it.
    _check_finite("backpropagation", d_weights_input_hidden, *matrices)
    return d_weights_input_hidden, d_weights_hidden_output, d_bias_hidden, d_bias_output


def update_parameters(parameters: FourMatrices, grads: FourMatrices, learning_rate: float = 1.0) -> FourMatrices:
    """Take one step of gradient descent, in place.

    ``parameter -= learning_rate * gradient`` for each of the four

    Parameters
    ----------
    parameters : weights_input_hidden, weights_hidden_output, bias_hidden, bias_output
        Changed in place: whoever holds these arrays sees the new values.
    grads : their gradients
        In the same order, as `backpropagation` returns them.
    learning_rate : float, default=1.0
        The length of the step.

    Returns
    -------
    the same four arrays
        With their new values.

    Examples
    --------
    >>> parameters = tuple(np.ones((1, 1)) for _ in range(4))
    >>> grads = tuple(np.full((1, 1), slope) for slope in (2.0, 0.0, -1.0, 4.0))
    >>> [parameter.item() for parameter in update_parameters(parameters, grads, learning_rate=0.25)]
    [0.5, 1.0, 1.25, 0.0]
    """
    _check_update("update_parameters", parameters, grads, learning_rate)
    weights_input_hidden, weights_hidden_output, bias_hidden, bias_output = parameters
    d_weights_input_hidden, d_weights_hidden_output, d_bias_hidden, d_bias_output = grads
    weights_input_hidden -= learning_rate * d_weights_input_hidden
    weights_hidden_output -= learning_rate * d_weights_hidden_output
    bias_hidden -= learning_rate * d_bias_hidden
    bias_output -= learning_rate * d_bias_output
    return weights_input_hidden, weights_hidden_output, bias_hidden, bias_output


def train(
    X: np.ndarray,
    Y: np.ndarray,
    input_size: int,
    hidden_size: int,
    output_size: int,
    learning_rate: float,
    epochs: int,
    *,
    gradient: str = "squared_error",
    seed: int = 2,
) -> FourMatrices:
    """Learn ``Y`` from ``X``: forward, backward, step, in every epoch, on all samples at once.

    Every 1,000 epochs it prints the loss before the step: the mean cross-entropy, whatever ``gradient`` says.

    Parameters
    ----------
    X : (n, input_size)
        One sample per row.
    Y : (n, output_size)
        The answers, from 0 to 1.
    input_size, hidden_size, output_size : int
        Columns of ``X``, neurons of the hidden layer, columns of ``Y``.
    learning_rate : float
        The length of a step. As the gradients are sums, twice the samples make steps about twice as long.
    epochs : int
        Number of steps.
    gradient : {"squared_error", "cross_entropy"}, default="squared_error"
        What `backpropagation` differentiates; the default is the tutorial's.
    seed : int, default=2
        The start, see `initialize_parameters`.

    Returns
    -------
    weights_input_hidden, weights_hidden_output, bias_hidden, bias_output
        After the last step, for `forward_propagation`.

    Examples
    --------
    >>> X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [0], [0], [1]])
    >>> parameters = train(X, Y, 2, 4, 1, learning_rate=1.0, epochs=1)  # doctest: +ELLIPSIS
    Epoch 0, Loss: 0.659762703...
    """
    X, Y = _numbers("train", "X", X), _numbers("train", "Y", Y)
    _check_data("train", X, Y, input_size, output_size)
    _check_rate("train", learning_rate)
    _check_whole("train", "epochs", epochs, 0)
    _check_choice("train", "gradient", gradient, GRADIENTS)

    parameters = initialize_parameters(input_size, hidden_size, output_size, seed=seed)
    weights_input_hidden, weights_hidden_output, bias_hidden, bias_output = parameters

    for epoch in range(epochs):
        hidden_output, final_output = forward_propagation(
            X, weights_input_hidden, weights_hidden_output, bias_hidden, bias_output
        )
        if epoch % 1000 == 0:
            print(f"Epoch {epoch}, Loss: {compute_loss(Y, final_output)}")
        grads = backpropagation(
            X, Y, hidden_output, final_output, weights_hidden_output, weights_input_hidden, gradient=gradient
        )
        update_parameters(parameters, grads, learning_rate)

    return parameters


def run_tutorial(
    problem: str = "xor",
    hidden_size: int = 4,
    learning_rate: float = 1.0,
    epochs: int = 10_000,
    gradient: str = "squared_error",
    seed: int = 2,
) -> None:
    """Train on a truth table with two inputs, and print the losses and the predictions.

    Parameters
    ----------
    problem : {"xor", "and", "or"}, default="xor"
        Which truth table to learn.
    hidden_size, learning_rate, epochs, gradient, seed
        As `train` takes them.

    Examples
    --------
    >>> run_tutorial("or", epochs=1000)  # doctest: +ELLIPSIS
    Epoch 0, Loss: 0.721271356...
    After 1000 epochs, Loss: 0.018285664...
    <BLANKLINE>
    inputs  target  prediction
    0  0         0      0.0295
    0  1         1      0.9797
    1  0         1      0.9798
    1  1         1      0.9977
    """
    _check_choice("run_tutorial", "problem", problem, tuple(PROBLEMS))
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    Y = np.reshape(PROBLEMS[problem], (4, 1))
    parameters = train(X, Y, 2, hidden_size, 1, learning_rate, epochs, gradient=gradient, seed=seed)
    _, final_output = forward_propagation(X, *parameters)
    print(f"After {epochs} epochs, Loss: {compute_loss(Y, final_output)}\n")
    print("inputs  target  prediction")
    for inputs, target, prediction in zip(X, Y, final_output, strict=True):
        print(f"{inputs[0]}  {inputs[1]}    {target[0]:6}  {prediction[0]:10.4f}")


def main(arguments: list[str] | None = None) -> int:
    """Run the tutorial from the command line: ``python -m glassnet.scratch --help``.

    Returns
    -------
    int
        The exit code: 0, or 2 for an option that cannot be used, named in one sentence.
    """
    # Here, so that the lesson itself imports NumPy only.
    import argparse
    import os
    import sys

    parser = argparse.ArgumentParser(
        prog="python -m glassnet.scratch",
        description="Train the tutorial's two-layer network on a truth table; print its losses and predictions.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
        exit_on_error=False,
    )
    parser.add_argument("problem", nargs="?", default="xor", help=f"truth table to learn: {', '.join(PROBLEMS)}")
    parser.add_argument("--hidden-size", type=int, default=4, help="neurons of the hidden layer")
    parser.add_argument("--learning-rate", type=float, default=1.0, help="length of a step")
    parser.add_argument("--epochs", type=int, default=10_000, help="number of steps")
    parser.add_argument("--gradient", default=GRADIENTS[0], help=f"loss to differentiate: {', '.join(GRADIENTS)}")
    parser.add_argument("--seed", type=int, default=2, help="start of the weights; 2 is the tutorial's")
    try:
        options, unknown = parser.parse_known_args(arguments)
        if unknown:
            print(f"scratch: unknown option {unknown[0]!r}. To see all of them: --help", file=sys.stderr)
            return 2
        run_tutorial(**vars(options))
        print(end="", flush=True)
    except BrokenPipeError:
        # Whoever read the output has had enough, like `head`; Python's own flush at exit must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (argparse.ArgumentError, ValueError, MemoryError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


# The checks. Their messages have the form <Where>: <what is so>; <what must hold>. <What to do.>


def _error(where: str, fact: str, must: str, advice: str = "") -> ValueError:
    return ValueError(f"{where}: {fact}; {must}. {advice}".rstrip())


def _numbers(where: str, name: str, values: np.ndarray | float) -> np.ndarray:
    """Return the values as a float64 array; raise an error if they are no numbers."""
    try:
        array = np.asarray(values)
    except ValueError:
        fact, must = f"{name} has rows of different lengths", "they must be equally long"
        raise _error(where, fact, must, "Pad or cut the rows.") from None
    if array.dtype.kind not in "fiub":
        raise _not_numbers(where, name, array)
    return np.asarray(array, dtype=np.float64)


def _not_numbers(where: str, name: str, array: np.ndarray) -> ValueError:
    found = "holds text" if array.dtype.kind in "US" else f"has dtype {array.dtype}"
    advice = "Turn words and categories into numbers first."
    return _error(where, f"{name} {found}", "it must hold real numbers", advice)


# A matrix to check: its name, itself, and what its rows and its columns count. "bias" rows are those of a bias matrix.
_Named = tuple[str, np.ndarray, str, str]


def _check_shapes(where: str, *matrices: _Named) -> None:
    """Check that all are matrices of numbers, and that rows and columns of the same kind are equally many."""
    sizes = {"bias": 1}
    for name, matrix, row, column in matrices:
        if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or not matrix.size or matrix.dtype.kind not in "fiub":
            raise _not_a_matrix(where, name, matrix, row)
        rows, columns = matrix.shape
        fact = f"{name} has shape {matrix.shape}"
        if sizes.setdefault(row, rows) != rows:
            raise _error(where, fact, f"it must have {_count(sizes[row], 'row')}, one per {row}")
        if sizes.setdefault(column, columns) != columns:
            raise _error(where, fact, f"it must have {_count(sizes[column], 'column')}, one per {column}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _not_a_matrix(where: str, name: str, matrix: object, row: str) -> ValueError:
    if not isinstance(matrix, np.ndarray):
        fact = f"{name} is of type {type(matrix).__name__}"
        return _error(where, fact, "it must be a NumPy array", f"Use np.array({name}).")
    if matrix.dtype.kind not in "fiub":
        return _not_numbers(where, name, matrix)
    fact, must = f"{name} has shape {matrix.shape}", f"it must be a matrix with one row per {row}"
    if matrix.ndim == 1:
        return _error(where, fact, must, f"Use {name}.reshape({'1, -1' if row == 'bias' else '-1, 1'}).")
    if matrix.ndim != 2:
        return _error(where, fact, must)
    return _error(where, fact, "it must have at least one row and one column")


def _check_finite(where: str, result: np.ndarray | float, *matrices: _Named) -> None:
    """Check that the result is finite; otherwise name the matrix that held a NaN."""
    # One fast pass: NaN and infinity stay in a sum of squares.
    if np.vdot(result, result) < np.inf:
        return
    for name, matrix, *_ in matrices:
        bad = np.argwhere(~np.isfinite(matrix))
        if len(bad):
            row, column = bad[0]
            fact = f"{name} holds {matrix[row, column]} in row {row}, column {column}"
            is_weight = name.removeprefix("d_") in PARAMETERS
            advice = "Start again with a lower learning_rate." if is_weight else "Fill or drop missing values first."
            raise _error(where, fact, "it must be finite", advice)
    if not np.isfinite(result).all():
        advice = "Scale X to about -1 to 1, or lower learning_rate."
        raise _error(where, "the result is beyond the range of float64", "it must be finite", advice)


def _check_range(where: str, name: str, matrix: np.ndarray, advice: str) -> None:
    if matrix.min() < 0 or matrix.max() > 1:
        row, column = np.argwhere((matrix < 0) | (matrix > 1))[0]
        fact = f"{name} holds {matrix[row, column]} in row {row}, column {column}"
        raise _error(where, fact, "it must lie between 0 and 1", advice)


def _check_data(where: str, X: np.ndarray, Y: np.ndarray, input_size: int, output_size: int) -> None:
    named_X, named_Y = ("X", X, "sample", "input"), ("Y", Y, "sample", "output")
    _check_shapes(where, named_X, named_Y)
    _check_finite(where, X, named_X)
    _check_finite(where, Y, named_Y)
    _check_range(where, "Y", Y, "Code the answers as 0 and 1.")
    for name, matrix, size_name, size in (("X", X, "input_size", input_size), ("Y", Y, "output_size", output_size)):
        if size != matrix.shape[1]:
            must = f"it must be {matrix.shape[1]}, the number of columns of {name}"
            raise _error(where, f"{size_name} is {size!r}", must)


def _check_whole(where: str, name: str, value: int, minimum: int, maximum: int | None = None) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < minimum or (maximum is not None and value > maximum):
        limits = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise _error(where, f"{name} is {value!r}", f"it must be a whole number {limits}")


def _check_rate(where: str, learning_rate: float) -> None:
    if not isinstance(learning_rate, float | int | np.floating | np.integer) or not 0 <= learning_rate < np.inf:
        raise _error(where, f"learning_rate is {learning_rate!r}", "it must be a finite number of at least 0")


def _check_choice(where: str, name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise _error(where, f"{name} is {value!r}", f"it must be one of {', '.join(map(repr, choices))}")


def _check_update(where: str, parameters: FourMatrices, grads: FourMatrices, learning_rate: float) -> None:
    """Check that every gradient fits its parameter, before the first is changed."""
    _check_rate(where, learning_rate)
    for name, four in (("parameters", parameters), ("grads", grads)):
        if not isinstance(four, tuple | list) or len(four) != 4:
            found = f"{len(four)} matrices" if isinstance(four, tuple | list) else f"type {type(four).__name__}"
            raise _error(where, f"{name} is of {found}", "it must be a tuple of four matrices")
    for name, parameter, grad in zip(PARAMETERS, parameters, grads, strict=True):
        if not isinstance(parameter, np.ndarray) or parameter.dtype.kind != "f":
            is_array = isinstance(parameter, np.ndarray)
            found = f"dtype {parameter.dtype}" if is_array else f"type {type(parameter).__name__}"
            raise _error(where, f"{name} is of {found}", "it must be an array of floats, to be changed in place")
        if not isinstance(grad, np.ndarray) or grad.shape != parameter.shape:
            found = f"shape {grad.shape}" if isinstance(grad, np.ndarray) else f"type {type(grad).__name__}"
            raise _error(where, f"d_{name} is of {found}", f"it must be an array of shape {parameter.shape}")
        if grad.dtype.kind not in "fiub":
            raise _not_numbers(where, f"d_{name}", grad)
        if not np.vdot(grad, grad) < np.inf:
            _check_finite(where, grad, (f"d_{name}", grad, "", ""))


if __name__ == "__main__":
    raise SystemExit(main())
