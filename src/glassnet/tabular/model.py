"""A table model: a network with the encoders of its table, saved in one file."""

from __future__ import annotations

import warnings
from os import PathLike
from typing import Any

import numpy as np

from glassnet.attribution import Importance
from glassnet.errors import ConfigError, DataError, FormatError, TableWarning
from glassnet.losses import EnsembleLoss, Quantile
from glassnet.metrics import METRICS
from glassnet.network import Network, read_network
from glassnet.tabular.attribution.background import read_background
from glassnet.tabular.attribution.reasons import Whys, column_importance, reasons_of
from glassnet.tabular.calibration.result import read_calibration
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.presence import require_columns
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.one_row import Answer, answer_of
from glassnet.tabular.pictures import ModelPlots
from glassnet.tabular.predictor import loss_of_copies
from glassnet.tabular.reading.kept_options import options_config, options_from_config
from glassnet.tabular.reading.renamed import ask_for_renamed
from glassnet.tabular.reading.table import Table
from glassnet.tabular.reading.text import as_form
from glassnet.tabular.splitting.row_hashes import RowHashes, SeenRows, row_contents
from glassnet.utils.report_type import ReportLike
from glassnet.utils.upper_floor import from_above
from glassnet.utils.wording import few, shortened

__all__ = ["TableModel"]

_KEY = "table"  # in network.metadata
_OF_NUMBERS = ("absolute_error", "huber", "quantile")  # in addition to the squared error


class TableModel(ModelPlots):
    """Predicts labels or numbers from tables with an encoder, a trained network and a target encoder.

    Parameters
    ----------
    network : Network
        Built for the features of ``encoder`` and the outputs of ``target``; the predictions of members are averaged.
    encoder : TableEncoder
        Fitted on the training rows.
    target : TargetEncoder
        Fitted on the training rows.

    Raises
    ------
    ConfigError
        Network, encoder and target do not fit together.

    Examples
    --------
    >>> import glassnet as gn
    >>> frame, labels = {"size": [1.0, 2.0, 8.0, 9.0]}, ["cat", "cat", "dog", "dog"]
    >>> encoder, target = TableEncoder().fit(frame), TargetEncoder().fit(labels)
    >>> net = gn.Network([gn.Dense(target.n_outputs)], loss=target.loss, optimizer=gn.Adam(0.1), seed=0)
    >>> history = net.fit(encoder.transform(frame), target.transform(labels), epochs=100)
    >>> model = TableModel(net, encoder, target)
    >>> model.predict({"size": [0.5, 12.0]}).tolist()
    ['cat', 'dog']
    """

    def __init__(self, network: Network, encoder: TableEncoder, target: TargetEncoder) -> None:
        problem = _mismatch(network, encoder, target)
        if problem:
            message = f"TableModel: {problem}; network, encoder and target must fit each other."
            raise ConfigError(message, got=problem)
        super().__init__(network, encoder, target)
        RowHashes.from_arrays(network.attachments)  # refuses damaged ones

    # ---- use ----------------------------------------------------------------------------------------------------

    def predict(self, frame: Any) -> np.ndarray:
        """Return the most probable label of each row, or the number in the target's units.

        With quantiles it is the one nearest to the median, or the mean of two that are equally near.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows with the columns of training; others, such as the target, are ignored. `to_table` has what it may be. A
            name that a dict of one row, or of each in a list, lacks is a missing value.
        """
        outputs = self._outputs(frame)
        return self.target.decode(outputs) if self.target.labels else self.numbers(outputs)

    def predict_proba(self, frame: Any) -> np.ndarray:
        """Return the probability of each label for each row of ``frame``, float32 (n, k), ordered as ``target.labels``.

        Raises
        ------
        ConfigError
            The model is a regression.
        """
        if self.target.task != "classification":
            message = "TableModel.predict_proba: the model is a regression; it must be a classification. Use predict."
            raise ConfigError(message, expected="classification", got="regression")
        return self._outputs(frame)

    def predict_log_proba(self, frame: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba` for ``frame``, float32 (n, k), finite where it is rounded to 0 too.

        Those below what float32 holds are computed in double precision; none counts as less than 2.2e-308.
        """
        if self.target.task != "classification":
            message = "TableModel.predict_log_proba: the model is a regression; it must be a classification. "
            message += "Use predict."
            raise ConfigError(message, expected="classification", got="regression")
        exact = self._exact_answers(self.encoded(self.table(frame)))
        P = exact.astype(np.float32)
        small = np.finfo(np.float32).tiny > P
        kept = np.where(small, np.maximum(exact, np.finfo(np.float64).tiny), P)
        return np.asarray(np.log(kept), dtype=np.float32)

    def predict_quantiles(self, frame: Any) -> np.ndarray:
        """Return the quantiles of each row of ``frame`` in the target's units, float64 (n, number of ``levels``).

        Raises
        ------
        ConfigError
            The model does not predict quantiles.
        """
        if self.levels is None:
            must = "it must have been trained for quantiles"
            message = f"TableModel.predict_quantiles: the model has loss={self.network.loss.name!r}; {must}."
            raise ConfigError(message, expected=must, got=self.network.loss.name)
        return self.target.in_units(self._outputs(frame))

    def _outputs(self, frame: Any) -> np.ndarray:
        return self.answers(self.encoded(self.table(frame)))

    def predict_one(self, row: Any) -> Answer:
        """Return the answer for one row as plain data that JSON can hold, with its warnings.

        Parameters
        ----------
        row : dict, Series, row of a structured array, or table of one row
            A value for each column of training; a name that is not there is a missing value, and unknown names are
            warned of.

        Returns
        -------
        dict
            ``label`` and ``probabilities`` by label, or ``number``; ``quantiles`` by level, if predicted; ``warnings``.

        Examples
        --------
        >>> import glassnet as gn
        >>> encoder, target = TableEncoder().fit({"size": [1.0, 2.0]}), TargetEncoder().fit([10.0, 30.5])
        >>> start = gn.Network([gn.Dense(1, initializer="zeros")], loss=target.loss).build(1)
        >>> TableModel(start, encoder, target).predict_one({"size": 5.0, "colour": "red"})["number"]
        20.25
        """
        return answer_of(self, self.table(row), self.target.labels, "TableModel.predict_one")

    def why(self, frame: Any, background: Any = None) -> Whys:
        """Return for each row of ``frame`` the contributions of its columns to the prediction.

        ``background`` has the rows to compare with; see `glassnet.tabular.attribution.reasons.reasons_of`.
        """
        return reasons_of(self, frame, background)

    def importance(self, frame: Any, *, metric: str | None = None, repeats: int = 5, seed: int = 0) -> Importance:
        """Return how much worse the predictions for ``frame`` get when a column is shuffled.

        ``metric`` is by default the score of `report`; ``repeats`` and ``seed`` are as of `permutation_importance`.
        """
        return column_importance(self, frame, metric=metric, repeats=repeats, seed=seed)

    def warnings(self, frame: Any) -> list[str]:
        """Return the warnings of `TableEncoder.check` about the rows of ``frame``, which may include the target."""
        table = self.table(frame)
        return self.encoder.check(table.drop({self.target.name, *self.reading.dropped}.intersection(table.names)))

    def evaluate(self, frame: Any) -> dict[str, float]:
        """Return metrics on rows with a known target, which is a column of ``frame``.

        Returns
        -------
        dict
            For a classification ``loss`` (mean cross-entropy of the probabilities, in nats) and ``accuracy``; for a
            regression, in the target's units, ``rmse``, ``mae``, and ``r2`` relative to the mean of these rows.

        Warns
        -----
        TableWarning
            Some of the rows were trained on, or chose the best epoch: the metrics flatter the model.

        Raises
        ------
        DataError
            The target is not among the columns, or not known in every row, or there are no rows.
        """
        table = self._with_target("evaluate", frame)
        y = self.target.transform(table[self.target.name])
        X = self.encoded(table)
        seen = self.seen(table)
        if seen is not None and seen.sentence:
            warnings.warn(f"TableModel.evaluate: {seen.sentence}", TableWarning, stacklevel=2)
        if self.target.task == "classification":
            P = self.answers(X)
            return {"loss": METRICS["log_loss"](y, P, None), "accuracy": METRICS["accuracy"](y, P, None)}
        predicted = self.predict(table)[:, None]
        truth = as_form(table[self.target.name], self.target.form, "TableModel.evaluate").values[:, None]
        return {name: METRICS[name](truth, predicted, None) for name in ("rmse", "mae", "r2")}

    def seen(self, frame: Any) -> SeenRows | None:
        """Return how many rows of ``frame``, target included, equal rows that the model was trained on.

        Returns
        -------
        SeenRows or None
            ``trained_on`` and ``chose_epoch`` of ``n_rows`` rows, and a ``sentence`` if that matters; None for a model
            without hashes of its rows, such as one from a file of an earlier version. Of more than 125,000 training
            rows only a sample is known, so that only a part of the rows of ``frame`` can be compared.

        Raises
        ------
        DataError
            The target or another column is missing, or a value cannot be converted to its kind in training.
        """
        table = self._with_target("seen", frame)
        hashes = RowHashes.from_arrays(self.network.attachments)
        if hashes is None or not table.n_rows:
            return None
        known = [coder.name for coder in self.encoder.coders]
        require_columns("TableModel.seen", self.encoder.column_names, known, table)
        return hashes.compare(row_contents(self.encoder, self.target, table, table[self.target.name]))

    @property
    def n_row_hashes(self) -> int:
        """The number of hashes of rows that `save` writes; ``network.attachments.clear()`` leaves them out."""
        found = RowHashes.from_arrays(self.network.attachments)
        return 0 if found is None else len(found.training) + len(found.validation)

    def _with_target(self, method: str, frame: Any) -> Table:
        """Return a frame as a table; raise an error if it lacks the target."""
        table = self.table(frame)
        if self.target.name in table:
            return table
        fact = f"the target {self.target.name!r} is not among the columns {few(map(repr, table.names))}"
        advice = ask_for_renamed([self.target.name], [name for name in table.names if name not in self.forms])
        message = f"TableModel.{method}: {fact}; it must be. {advice or 'Use predict where it is not known.'}"
        raise DataError(message, expected=self.target.name, got=table.names)

    def report(self, frame: Any, y: Any = None, *, name: str = "") -> ReportLike:
        """Return a report on rows with a known target: scores beside baselines, worst rows and why, columns, a card.

        A notebook shows it as a page, ``print`` as text; ``save`` writes one file; see `glassnet.reports.Report`.

        Parameters
        ----------
        frame : Table, DataFrame, mapping or rows
            Rows with the columns of training, best ones that the model was not trained on.
        y : array or Series of shape (n,), optional
            The targets, if ``frame`` has no column of them.
        name : str, optional
            What the rows are called in the report, such as the name of their file.
        """
        report: ReportLike = from_above("reports.model_report", "report_model")(self, frame, y, name=name)
        return report

    def playground(self, frame: Any, *, port: int = 0, open_browser: bool = True, block: bool | None = None) -> Any:
        """Open a page in the browser where a copy of the network is trained on ``frame``, which has the target.

        ``port``, ``open_browser`` and ``block``, and what is returned, are as for `glassnet.Network.playground`.
        """
        play_model = from_above("playground.doors", "play_model")
        return play_model(self, frame, port=port, open_browser=open_browser, block=block)

    # ---- files --------------------------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write network and encoders to ``path``, a ``.safetensors`` file; `glassnet.load` reads the network alone.

        With ``overwrite`` a file that is no model of glassnet may be replaced too; see `glassnet.Network.save`.
        """
        self._note_encoders()
        self.network.save(path, overwrite=overwrite)

    def _note_encoders(self) -> None:
        """Put the encoders into the network's metadata, so that every file of the network holds this model."""
        table: dict[str, Any] = {"encoder": self.encoder.config(), "target": self.target.config()}
        reading = options_config(self.reading)
        if reading:
            table["reading"] = reading
        if (calibration := self.calibration) is not None:
            table["calibration"] = calibration.config()
        if self.background is not None:
            table["background"] = [[float(str(value)) for value in row] for row in self.background]
        kept = {name: value for name, value in self.network.metadata.get(_KEY, {}).items() if name != "calibration"}
        self.network.metadata[_KEY] = {**kept, **table}

    @classmethod
    def load(cls, path: str | PathLike[str]) -> TableModel:
        """Read a model that `save` wrote to ``path``.

        Raises
        ------
        FormatError
            The file is damaged, or holds a network without an encoder.
        FileNotFoundError
            There is no such file.
        """
        where = f"TableModel.load({str(path)!r})"
        network = read_network(path)
        table = network.metadata.get(_KEY)
        if not isinstance(table, dict):
            must = "it must hold a network with its table encoder"
            message = f"{where}: the file holds a network alone; {must}. Read it with glassnet.load."
            raise FormatError(message, expected=must)
        try:
            encoder = TableEncoder.from_config(table.get("encoder"))  # type: ignore[arg-type]  # checked there
            target = TargetEncoder.from_config(table.get("target"))  # type: ignore[arg-type]
            model = cls(network, encoder, target)
            model.reading = options_from_config(where, table.get("reading"))
            model.calibration = read_calibration(where, table.get("calibration"), network)
            model.background = read_background(where, table.get("background"), encoder)
            return model
        except (FormatError, ConfigError) as error:
            message = f"{where}: {shortened(error).removeprefix(f'{where}: ')}"
            raise FormatError(message, expected=error.expected, got=error.got) from error

    def __repr__(self) -> str:
        return f"TableModel({self.target.task} of {self.target.name!r} from {len(self.encoder.column_names)} columns)"


def _mismatch(network: Network, encoder: TableEncoder, target: TargetEncoder) -> str:
    """Return a description of what does not fit, or ""."""
    width, outputs = (len(encoder.feature_names),), target.n_outputs
    if network.input_shape is None:
        return "the network is not built"
    if network.input_shape != width:
        return f"the network is for samples of shape {network.input_shape} and the encoder gives {width}"
    loss = loss_of_copies(network.loss)
    if isinstance(loss, Quantile):
        outputs *= len(loss.levels)
    if isinstance(network.loss, EnsembleLoss):
        outputs *= network.loss.copies
    if network.n_outputs != outputs:
        return f"the network has {network.n_outputs} outputs and the target needs {outputs}"
    if loss.name != target.loss and not (target.task == "regression" and loss.name in _OF_NUMBERS):
        return f"the network has loss {network.loss.name!r} and the target needs {target.loss!r}"
    return ""
