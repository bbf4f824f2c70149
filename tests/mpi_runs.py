"""Scripts run by several processes of MPI, as ``mpiexec`` starts them; those that a failure leaves are found and ended."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest

import glassnet

__all__ = ["RankRun", "launcher_of_mpi", "run_ranks"]

_MARK = "GLASSNET_TEST_RUN"
_RANK_NAMES = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")
_SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "",  # else `print` writes in pieces, between which others write
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",  # as `--oversubscribe`, which MPICH does not know
    "PRTE_MCA_hwloc_default_binding_policy": "none",
}


def launcher_of_mpi() -> str:
    """Return the launcher of the MPI that this Python uses; skip the test if something lacks."""
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed")
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        pytest.skip("there is no mpiexec")
    return found


class RankRun:
    """A script that ``n`` processes run at the same time; leaving the block ends whatever is left of them.

    Parameters
    ----------
    script : str
        The text of the program.
    n : int
        How many processes.
    folder : Path
        Where the script runs, and what it writes is kept.
    launcher : sequence of str
        Words between Python and the script.
    env : mapping, optional
        Variables added to the environment.
    wrapper : sequence of str
        Words before ``mpiexec``.
    """

    def __init__(
        self,
        script: str,
        n: int,
        folder: Path,
        *,
        launcher: Sequence[str] = ("-m", "mpi4py"),
        env: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
    ) -> None:
        mpiexec = launcher_of_mpi()
        self._mark = uuid.uuid4().hex
        self._outputs = [folder / f"{self._mark}.{name}" for name in ("out", "err")]
        program = folder / f"script_{self._mark}.py"
        program.write_text(script, encoding="utf-8")
        home = str(Path(glassnet.__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
        settings = {**os.environ, **_SETTINGS, "PYTHONPATH": path, _MARK: self._mark, **(env or {})}
        words = [*wrapper, mpiexec, "-n", str(n), sys.executable, *launcher, str(program)]
        with self._outputs[0].open("w") as out, self._outputs[1].open("w") as err:
            self.process = subprocess.Popen(words, stdout=out, stderr=err, cwd=folder, env=settings)

    def __enter__(self) -> RankRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pid in self.left():
            _signal(pid, signal.SIGCONT)
            _signal(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    @property
    def out(self) -> str:
        """What all of them printed so far."""
        return self._outputs[0].read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What all of them printed to stderr so far."""
        return self._outputs[1].read_text(encoding="utf-8")

    def left(self) -> dict[int, int]:
        """Return the number of each process of the script that runs, by its process id; found on Linux only."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                text = (folder / "environ").read_bytes().decode(errors="replace")
                is_gone = (folder / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
            except OSError:
                continue
            settings = dict(line.partition("=")[::2] for line in text.split("\0"))
            rank = next((settings[name] for name in _RANK_NAMES if name in settings), None)
            if settings.get(_MARK) == self._mark and rank is not None and not is_gone:
                found[int(folder.name)] = int(rank)
        return found

    def send(self, rank: int, number: int) -> None:
        """Send a signal to one process."""
        for pid, found in self.left().items():
            if found == rank:
                _signal(pid, number)

    def wait_for(self, word: str, seconds: float = 30.0) -> None:
        """Wait until ``word`` is printed."""
        until = time.monotonic() + seconds
        while word not in self.out:
            if time.monotonic() > until or self.process.poll() is not None:
                pytest.fail(f"no {word!r} in\n{self.out}\n{self.err}")
            time.sleep(0.02)

    def finish(self, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Wait for the end; after ``timeout`` seconds the test fails."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it still runs after {timeout:g} s:\n{self.out}\n{self.err}")
        return subprocess.CompletedProcess(self.process.args, code, self.out, self.err)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def run_ranks(
    script: str,
    n: int,
    folder: Path,
    *,
    launcher: Sequence[str] = ("-m", "mpi4py"),
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a script with ``n`` processes, and return its exit code and what they printed, together.

    Parameters
    ----------
    script, n, folder, launcher, env
        As of `RankRun`.
    timeout : float
        Seconds after which the test fails, and all is ended.
    """
    with RankRun(script, n, folder, launcher=launcher, env=env) as run:
        return run.finish(timeout)
