"""The tables of a sweep's database, and whether a database is one.

Their names share none with Optuna's, so that a study lies in the same file.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
    select,
)

import shoal
from shoal.errors import StoreError

VERSION = 1
"""Version of the tables; a database of a later one is refused."""

metadata = MetaData()

schema = Table(
    "shoal_schema",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("written_by", Text, nullable=False),
)
sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("plan", Text, nullable=False),
    Column("created", Text, nullable=False),
)


def _sweep() -> Column[int]:
    return Column("sweep", ForeignKey("sweeps.id", ondelete="CASCADE"), primary_key=True)


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


batches = Table(
    "sweep_batches",
    metadata,
    _sweep(),
    _key("number"),
    Column("asks", Text, nullable=False),
    Column("told", Text),
    Column("opened", Text, nullable=False),
    Column("closed", Text),
)
trials = Table(
    "sweep_trials",
    metadata,
    _sweep(),
    _key("batch"),
    _key("trial"),
    Column("settings", Text, nullable=False),
)
runs = Table(
    "sweep_runs",
    metadata,
    Column("sweep", Integer, primary_key=True),
    *map(_key, ("batch", "trial", "fold", "seed", "epochs")),
    Column("best_epoch", BigInteger, nullable=False),
    Column("scores", Text, nullable=False),
    Column("train_scores", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("seconds", Float(53), nullable=False),
    Column("finished", Text, nullable=False),
    Column("curve", LargeBinary),  # last: who does not ask for it does not read its pages
    ForeignKeyConstraint(
        ["sweep", "batch", "trial"],
        ["sweep_trials.sweep", "sweep_trials.batch", "sweep_trials.trial"],
        ondelete="CASCADE",
    ),
)
states = Table(
    "sweep_states",
    metadata,
    _sweep(),
    *map(_key, ("trial", "fold", "seed", "batch")),
    Column("size", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
)
writers = Table(
    "sweep_writers",
    metadata,
    _sweep(),
    Column("token", Text, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("began", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("heartbeat", Float(53), nullable=False),
)


def holds_sweeps(connection: Connection, where: str) -> bool:
    """Return whether a database holds our tables.

    Raises
    ------
    StoreError
        If a later version of shoal wrote it.
    """
    if not inspect(connection).has_table(schema.name):
        return False
    version, written_by = connection.execute(select(schema.c.version, schema.c.written_by)).one()
    if version > VERSION:
        raise StoreError(
            f"'{where}' was written by shoal {written_by}, whose tables have version {version}; this is "
            f"shoal {shoal.__version__}, which reads tables up to version {VERSION}. Install the later shoal."
        )
    return True


def create_tables(connection: Connection, where: str) -> None:
    """Make the tables.

    Raises
    ------
    StoreError
        If the database has tables of another purpose under our names, or, in a file, any at all.
    """
    present = set(inspect(connection).get_table_names())
    in_the_way = present if connection.dialect.name == "sqlite" else present & set(metadata.tables)
    if in_the_way:
        raise StoreError(
            f"'{where}' is a database of something else: it has the tables "
            f"{', '.join(sorted(in_the_way)[:5])}. Choose another place for the sweep."
        )
    metadata.create_all(connection)
    connection.execute(schema.insert().values(version=VERSION, written_by=shoal.__version__))
