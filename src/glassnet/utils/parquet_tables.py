"""Blocks of the rows of Parquet files: where they are, and how they are read as tables."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from glassnet.errors import DataError
from glassnet.utils.parquet_files import FileFacts, arrow, open_file

__all__ = ["BlockPlace", "TableReader", "divide"]

_ROWS_TOGETHER = 8192  # decoded: with more the allocator of pyarrow takes twice the memory
_FEW_ROWS = 1024  # of small row groups that are read as one block, as each costs some calls
_FOOTERS = 16  # of files, kept: one of many row groups takes longer to parse than a block to read


class BlockPlace(NamedTuple):
    """Where a block is: neighbouring row groups of a file, from one to before another, and rows of theirs.

    Parameters
    ----------
    file : int
        The number of the file.
    group, end : int
        Its row groups.
    first, n : int
        The first row, of those of these groups, and how many.
    """

    file: int
    group: int
    end: int
    first: int
    n: int


def divide(files: Sequence[FileFacts], block_rows: int) -> list[BlockPlace]:
    """Return the blocks of files: row groups, parts of one that is large, or small ones that are neighbours, together.

    Parameters
    ----------
    files : list of FileFacts
        In the order of their rows.
    block_rows : int
        Most rows of a block.
    """
    found = []
    for number, file in enumerate(files):
        group = 0
        while group < len(file.groups):
            n, end = file.groups[group], group + 1
            while end < len(file.groups) and n + file.groups[end] <= min(block_rows, _FEW_ROWS):
                n, end = n + file.groups[end], end + 1
            # In parts of about the same size, so that none has a few rows only.
            parts = -(-n // block_rows)
            edges = [n * part // max(parts, 1) for part in range(parts + 1)]
            found += [BlockPlace(number, group, end, a, b - a) for a, b in pairwise(edges)]
            group = end
    return found


class TableReader:
    """Reads blocks as tables of pyarrow; from any thread, and in another process after pickling.

    No file stays open after `read`, but footers are kept, with which it is opened again without reading its own.

    Parameters
    ----------
    files : list of FileFacts
        As `divide` was given.
    types : dict
        Of the columns that are read, by name: what they are cast to.
    places : list of BlockPlace
        The blocks.
    block_rows : int
        Most rows of a block.
    """

    def __init__(
        self, files: Sequence[FileFacts], types: dict[str, Any], places: Sequence[BlockPlace], block_rows: int
    ) -> None:
        self._files, self._types, self._places = files, types, places
        self._rows_together = min(_ROWS_TOGETHER, block_rows)
        self._footers: OrderedDict[int, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_footers": OrderedDict(), "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def read(self, blocks: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """Yield the rows of some blocks, with the place that each has in ``blocks``, in the order of the files.

        Each file is opened once, and each row group decoded once, up to the last row that is wanted of it.

        Parameters
        ----------
        blocks : sequence of int
            Different ones.

        Raises
        ------
        DataError
            A file is gone, has changed, or cannot be read; a value does not go into the type of its column.
        """
        order = sorted(range(len(blocks)), key=lambda place: blocks[place])
        for file, of_file in groupby(order, key=lambda place: self._places[blocks[place]].file):
            with self._opened(file) as opened:
                for (group, end), places in groupby(of_file, key=lambda place: self._places[blocks[place]][1:3]):
                    wanted = [(place, *self._places[blocks[place]][3:]) for place in places]
                    yield from self._of_groups(opened, file, range(group, end), wanted)

    def _opened(self, number: int) -> Any:
        """Return an open file, which must be what it was."""
        facts = self._files[number]
        try:
            stat = facts.path.stat()
        except FileNotFoundError as error:
            fact = f"{facts.name!r} is not there any more; files must stay while they are read"
            message = f"ParquetRows: {fact}. Put it back, or make a new ParquetRows."
            raise DataError(message, got=facts.name) from error
        if (stat.st_size, stat.st_mtime_ns) != (facts.size, facts.changed):
            fact = f"{facts.name!r} has changed; files must stay as they are while they are read"
            message = f"ParquetRows: {fact}. Make a new ParquetRows."
            raise DataError(message, got=facts.name)
        with self._lock:
            footer = self._footers.get(number)
        opened = open_file(facts.path, facts.name, footer)
        with self._lock:
            self._footers[number] = opened.metadata
            self._footers.move_to_end(number)
            while len(self._footers) > _FOOTERS:
                self._footers.popitem(last=False)
        return opened

    def _of_groups(
        self, opened: Any, file: int, groups: range, wanted: list[tuple[int, int, int]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield parts of some row groups: ``wanted`` are place, first row and number of rows of each, by their rows."""
        pyarrow, names = arrow(), list(self._types)
        pieces: list[Any] = []
        start = stop = 0  # rows of the groups that the pieces have
        try:
            batches = opened.iter_batches(
                batch_size=self._rows_together, row_groups=list(groups), columns=names, use_threads=False
            )
            for place, first, n in wanted:
                while stop < first + n:
                    batch = next(batches)
                    if stop + batch.num_rows <= first:  # it is skipped, as all that were kept
                        pieces, start = [], stop + batch.num_rows
                    else:
                        pieces.append(batch)
                    stop += batch.num_rows
                table = pyarrow.Table.from_batches(pieces).slice(first - start, n).select(names)
                pieces, start = pieces[-1:], stop - pieces[-1].num_rows
                if len(groups) > 1:  # each has pieces, and categories, of its own
                    table = table.combine_chunks()
                yield place, self._cast(table, file)
                del table
                pyarrow.default_memory_pool().release_unused()
        except (pyarrow.lib.ArrowException, OSError, StopIteration) as error:
            why = str(error).split("\n")[0].strip() or "fewer rows than its footer says"
            which = f"row group {groups[0]}" if len(groups) == 1 else f"row groups {groups[0]} to {groups[-1]}"
            message = f"ParquetRows: {which} of {self._files[file].name!r} cannot be read: {why}"
            raise DataError(message, got=why) from error

    def _cast(self, table: Any, file: int) -> Any:
        """Return a table whose columns have their types."""
        is_dictionary = arrow("pyarrow.types").is_dictionary
        for place, (name, kind) in enumerate(self._types.items()):
            column = table.column(place)
            if column.type == kind:
                continue
            if is_dictionary(column.type) and not is_dictionary(kind):
                decoded = [chunk.dictionary_decode() for chunk in column.chunks]
                column = arrow().chunked_array(decoded, column.type.value_type)
            try:
                table = table.set_column(place, name, column.cast(kind))
            except arrow().lib.ArrowException as error:
                why = str(error).split("\n")[0].strip()
                fact = f"column {name!r} of {self._files[file].name!r} does not fit into {kind}, its type in others"
                message = f"ParquetRows: {fact}: {why}. Write the files anew with one type."
                raise DataError(message, expected=str(kind), got=why) from error
        return table
