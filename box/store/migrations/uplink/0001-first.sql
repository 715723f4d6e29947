-- Why: what goes to the centre is numbered once and kept until the centre has it, and then as the clinic's own record of what left.
-- Bodies are JSON of the wire's types; this file does not look into them. Lanes are 0 alert, 1 sighting, 2 inventory, 3 health. Keys are not in
-- here, because the tablet reads this file: they are in uplink.keys.

-- Single values: the spool's name.
CREATE TABLE kept (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

-- How far each lane is: numbered up to `last`, at the centre up to `committed`, and how many a full spool forced out.
CREATE TABLE lane (
    lane      INTEGER PRIMARY KEY,
    last      INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    dropped   INTEGER NOT NULL
) STRICT;
INSERT INTO lane VALUES (0, 0, 0, 0), (1, 0, 0, 0), (2, 0, 0, 0), (3, 0, 0, 0);

-- What was numbered. It left at `sent_at_ns`; none: not yet.
CREATE TABLE record (
    lane       INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    at_ns      INTEGER NOT NULL,
    what       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    sent_at_ns INTEGER,
    sent_bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_sent ON record (sent_at_ns) WHERE sent_at_ns IS NOT NULL;

-- How far the other files were read.
CREATE TABLE cursor (
    source TEXT    PRIMARY KEY,
    seq    INTEGER NOT NULL
) STRICT;

-- Bytes that left, by day (days since 1970, UTC): for the budget.
CREATE TABLE day (
    day   INTEGER PRIMARY KEY,
    bytes INTEGER NOT NULL
) STRICT;

-- Letters of the centre that were taken.
CREATE TABLE letter (
    seq   INTEGER PRIMARY KEY,
    at_ns INTEGER NOT NULL
) STRICT;

-- Warnings by their names, each with the number of its letter.
CREATE TABLE warning (
    id          TEXT    PRIMARY KEY,
    letter      INTEGER NOT NULL,
    at_ns       INTEGER NOT NULL,
    until_ns    INTEGER NOT NULL,
    is_recalled INTEGER NOT NULL DEFAULT 0,
    body        TEXT    NOT NULL
) STRICT;
