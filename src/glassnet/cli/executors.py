"""Where a command trains several networks at once: processes of this machine, or the workers of a Dask scheduler."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from glassnet.cli.arguments import as_number, option
from glassnet.errors import ConfigError
from glassnet.utils.checks import require_extra

__all__ = ["check_jobs", "check_places", "executor_option", "jobs_option", "open_executor"]

_SECONDS = 10  # to wait for the answer of a scheduler


def check_jobs(where: str, name: str, jobs: Any) -> None:
    """Raise an error for a number of processes that means nothing."""
    if not jobs or not isinstance(jobs, int):
        message = f"{where}: {name} is {jobs!r}; it must be a whole number other than 0. -1 stands for all cores."
        raise ConfigError(message, got=jobs)


def _check_address(where: str, name: str, address: str) -> None:
    """Raise an error for what is no address of a scheduler."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        must = "it must be the address of a Dask scheduler, such as tcp://head:8786"
        message = f"{where}: {name} is {address!r}; {must}. Start one: dask scheduler"
        raise ConfigError(message, expected=must, got=address)


jobs_option = partial(option, parse=as_number, check=check_jobs, usual="1")
"""Declares ``--jobs``, given its help and its group."""
executor_option = partial(option, metavar="ADDRESS", check=_check_address)
"""Declares ``--executor``, given its help and its group."""


def check_places(where: str, options: Any) -> None:
    """Raise an error where both a number of processes and a scheduler are given."""
    if options.executor is not None and options.jobs is not None:
        must = "networks are trained in one place"
        message = f"{where}: --jobs {options.jobs} does not go with --executor; {must}. Leave --jobs out."
        raise ConfigError(message, expected=must, got=options.jobs)


@contextmanager
def open_executor(where: str, options: Any, given: Any = None) -> Iterator[Any]:
    """Yield the executor that ``--executor`` or ``--jobs`` asks for, or one that was given; None for this process.

    Raises
    ------
    ConfigError
        No scheduler answers at the address.
    MissingExtraError
        Dask or joblib is not installed.
    """
    if given is not None or (options.executor is None and options.jobs in (None, 1)):
        yield given
    elif options.executor is None:
        joblib = require_extra("joblib", "sklearn", f"{where}: --jobs")
        active = joblib.parallel.get_active_backend()[0]
        with joblib.parallel_config(active, n_jobs=options.jobs):
            yield "joblib"
    else:
        distributed = require_extra("distributed", "dask", f"{where}: --executor")
        with _quiet(), _connected(where, distributed, options.executor) as client:
            yield client


def _connected(where: str, distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        message = f"{where}: no Dask scheduler answers at {address!r}; one must run there. Start it: dask scheduler"
        raise ConfigError(message, expected="a Dask scheduler", got=address) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from logging connections that fail: the command says what that means."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
