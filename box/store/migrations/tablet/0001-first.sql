-- Why: what people did at the tablet, and what the clinic chose. The sensor reads it; it never writes here.

-- What people asked of the engine, in order.
CREATE TABLE command (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ns INTEGER NOT NULL,
    body  TEXT    NOT NULL
) STRICT;

-- Which incidents somebody has seen. It never turns a face.
CREATE TABLE seen (
    incident INTEGER PRIMARY KEY,
    at_ns    INTEGER NOT NULL
) STRICT;

-- What the clinic chose, as the text of a site.toml. The newest counts; older ones are how it came to be.
CREATE TABLE site (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ns INTEGER NOT NULL,
    toml  TEXT    NOT NULL
) STRICT;
