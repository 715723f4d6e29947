-- Why: what people answer to the centre's warnings. The uplink reads it; a later answer takes the place of an earlier one.
CREATE TABLE answer (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ns   INTEGER NOT NULL,
    warning TEXT    NOT NULL,
    answer  TEXT    NOT NULL
) STRICT;
CREATE INDEX answer_by_warning ON answer (warning, seq);
