"""Checkpoints: the whole run in one file, so that a run that was killed can go on as if it had not been."""

from __future__ import annotations

import os
import time
import warnings
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, GlassnetError
from glassnet.saving.locks import sole_writer
from glassnet.saving.model_file import model_description, restore_network, save_network
from glassnet.saving.ownership import check_model_target
from glassnet.saving.writing import keep_beside, sweep_parts
from glassnet.training.callbacks import Callback
from glassnet.training.loop import Run
from glassnet.training.run_state import RunState
from glassnet.utils.checks import check_integer, check_number
from glassnet.utils.keywords import AdvisesOnNames

__all__ = ["Checkpoint", "Checkpoints", "as_checkpoint"]

_DEFAULT_SECONDS = 10.0


class Checkpoint(AdvisesOnNames):
    """Where and how often `fit` writes down everything that the rest of the run depends on.

    The file is a model file with its training state: `glassnet.load` reads it too. It is replaced in one go, so that at
    any instant it holds one whole checkpoint. One is written when a run starts and when it ends, and between, after a
    step, when any of the limits below is reached; without any of them every 10 seconds.

    If it cannot be written, because the disk is full or the folder is gone, say, a warning says so and training goes
    on. A file that glassnet did not write is refused, and a file that another run is writing. What an earlier run left
    there, unless it is resumed, is kept beside it as ``run.previous-1.safetensors``, and a warning says so.

    Parameters
    ----------
    path : str or Path
        One file per run, whose name ends in ``.safetensors``.
    every_epochs, every_steps : int, optional
        Epochs or steps between two checkpoints.
    every_seconds : float, optional
        Seconds between two checkpoints, looked at after each step.

    Examples
    --------
    >>> Checkpoint("run.safetensors", every_epochs=5)
    Checkpoint('run.safetensors', every_epochs=5)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every_epochs: int | None = None,
        every_steps: int | None = None,
        every_seconds: float | None = None,
    ) -> None:
        if not isinstance(path, (str, os.PathLike)):
            message = f"Checkpoint: path is {path!r}; it must be that of a file. Pass 'run.safetensors', say."
            raise ConfigError(message, got=path)
        self.path = Path(path)
        self.every_epochs = (
            None if every_epochs is None else check_integer("Checkpoint", "every_epochs", every_epochs, 1)
        )
        self.every_steps = None if every_steps is None else check_integer("Checkpoint", "every_steps", every_steps, 1)
        seconds = _DEFAULT_SECONDS if (every_epochs, every_steps) == (None, None) else None
        if every_seconds is not None:
            seconds = check_number("Checkpoint", "every_seconds", every_seconds, 0.0)
        self.every_seconds = seconds

    def __repr__(self) -> str:
        limits = {name: value for name, value in vars(self).items() if name != "path" and value is not None}
        return f"Checkpoint({str(self.path)!r}, {', '.join(f'{name}={value!r}' for name, value in limits.items())})"


def as_checkpoint(value: Checkpoint | str | os.PathLike[str]) -> Checkpoint:
    """Return a checkpoint as it is, and a path as one with the default limits."""
    return value if isinstance(value, Checkpoint) else Checkpoint(value)


class Checkpoints(Callback):
    """Writes the checkpoints of one run; ``data`` say what it is trained on, since it can go on with the same only.

    A path that no checkpoint may be written to is refused, by the process that ``writes``: that of another may lack the
    folder.
    """

    def __init__(self, rule: Checkpoint, data: dict[str, Any], *, writes: bool = True) -> None:
        self._rule, self._data = rule, data
        self._target = check_model_target("fit", rule.path) if writes else rule.path
        self._is_cut = False
        self._has_begun = self._has_failed = False
        self._written = time.perf_counter()
        self._steps = 0

    def _checked_target(self) -> Path:
        return check_model_target("fit", self._rule.path)

    def sole_writer(self) -> AbstractContextManager[None]:
        """Return what keeps other runs from writing to the file while inside, and refuses to begin if one does."""
        return sole_writer("fit", self._target)

    def restore(self, network: BaseNetwork) -> bool:
        """Put the checkpoint's run into the network; return False if there is no checkpoint yet.

        One of another network or of other data is refused, and a damaged file.
        """
        if not self._has_content():
            return False
        restore_network(network, self._rule.path, "fit", self._check_data, RunState.restore)
        return True

    def _has_content(self) -> bool:
        return self._target.exists() and self._target.stat().st_size > 0

    def _check_data(self, found: dict[str, Any] | None) -> None:
        """Refuse to go on with other data than the run began with."""
        before, names = found or {}, {*self._data, "shards"}  # of a run without shards it is in no file
        differing = sorted(name for name in names if before.get(name) != self._data.get(name))
        if differing:
            words = "; ".join(f"{name} was {before.get(name)!r} and is {self._data.get(name)!r}" for name in differing)
            message = (
                f"fit: the data or their batches are not those of {str(self._rule.path)!r}, which resume=True needs: "
                f"{words}. {_remedy(differing, before)}"
            )
            raise ConfigError(message, expected=found, got=self._data)

    def on_fit_begin(self, run: Run[Any]) -> None:
        """Write the first checkpoint, which pins what the run depends on; remove what a kill left half written."""
        sweep_parts(self._target)
        if not run.resumes and self._has_content():
            self._keep_other(run)
        self._write(run)
        self._has_begun = True

    def _keep_other(self, run: Run[Any]) -> None:
        """Keep what the file holds beside it, unless this run goes on from there, or it is a run without a step."""
        found = model_description(f"load({str(self._rule.path)!r})", self._target)["training"]
        if found is not None and (found.get("steps") == 0 or _is_part(found, run.state)):
            return
        try:
            kept = keep_beside(self._target)
        except OSError as error:
            message = (
                f"fit: the run in {str(self._rule.path)!r} cannot be kept beside it: {error.strerror}. "
                "To go on from it, pass resume=True; or choose another name."
            )
            raise ConfigError(message) from error
        held = "a model" if found is None else "an earlier run"
        message = (
            f"fit: {str(self._rule.path)!r} held {held}, which is kept as {kept.name!r}. "
            "To go on from a checkpoint, pass resume=True."
        )
        self._warn(run, message)

    def on_step_end(self, run: Run[Any]) -> None:
        """Write if steps or seconds are up."""
        self._steps += 1
        if self._is_due(self._steps):
            self._write(run)

    def _is_due(self, steps: int) -> bool:
        """Return whether one is to be written when so many ``steps`` were taken since the last."""
        every, seconds = self._rule.every_steps, self._rule.every_seconds
        if every is not None and steps >= every:
            return True
        return seconds is not None and time.perf_counter() - self._written >= seconds

    def on_epoch_done(self, run: Run[Any]) -> None:
        """Write if epochs are up."""
        if not self._is_cut and self._rule.every_epochs is not None and run.epoch % self._rule.every_epochs == 0:
            self._write(run)

    def on_epoch_cut(self, run: Run[Any]) -> None:
        """Write in the middle of an epoch that ends here; the file keeps what the network's history cannot."""
        self._write(run)
        self._is_cut = True

    def on_interrupt(self, run: Run[Any]) -> None:
        """Write where the run stands: a second Ctrl-C costs no step."""
        if not self._is_cut:
            self._write(run)

    def on_fit_done(self, run: Run[Any]) -> None:
        """Write the run's last checkpoint; after an exception the one before is where it goes on."""
        if self._is_cut:
            return
        try:
            self._write(run)
        except KeyboardInterrupt:
            self._write(run)
            raise

    def _write(self, run: Run[Any]) -> None:
        run.note_seconds()
        try:
            save_network(run.network, self._target, training=run.state.saved(run.network), data=self._data)
        except ConfigError as error:
            if not self._has_begun:
                raise  # a loss that no file can hold, say
            self._report(run, error)
        except (OSError, GlassnetError, MemoryError) as error:  # among them weights that just became infinite
            self._report(run, error)
        self._written, self._steps = time.perf_counter(), 0

    def _report(self, run: Run[Any], error: Exception) -> None:
        """Warn once that a checkpoint could not be written; training goes on."""
        if self._has_failed:
            return
        self._has_failed = True
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        self._warn(
            run,
            f"fit: the checkpoint {str(self._rule.path)!r} cannot be written: {why.rstrip('.')}. "
            "Training goes on, and the next checkpoints are tried.",
        )

    def _warn(self, run: Run[Any], message: str) -> None:
        run.history.notes.append(message)
        warnings.warn(message, RuntimeWarning, stacklevel=2)


def _remedy(differing: list[str], before: dict[str, Any]) -> str:
    """Return how to go on where these differ from what the run began with."""
    if differing == ["shards"]:
        n = before.get("shards")
        return (
            "Leave shards out, as before."
            if n is None
            else f"Pass shards={n}: any number of processes up to it will do."
        )
    return "To train on with other data, load the file and call fit without resume."


def _is_part(found: dict[str, Any], state: RunState) -> bool:
    """Return whether a saved run is the beginning of this one, so that nothing is lost with its file."""
    columns = found.get("history", {}).get("columns", {})
    losses = columns.get("loss") if isinstance(columns, dict) else None
    steps = found.get("steps")
    if not isinstance(losses, list) or not losses or not isinstance(steps, int):
        return False
    known = state.history.to_dict()["columns"].get("loss", [])
    return steps <= state.optimizer_state.t and known[: len(losses)] == losses
