-- Why: what the sensor heard must outlive the sensor. Times are nanoseconds since 1970, ids are the 64 bits of the model's ids.

-- Incidents as they are now: what is open is put back into the engine after a restart.
CREATE TABLE incident (
    id           INTEGER PRIMARY KEY,
    state        TEXT    NOT NULL,
    due          TEXT    NOT NULL,
    last_seen_ns INTEGER NOT NULL,
    body         TEXT    NOT NULL
) STRICT;
CREATE INDEX incident_by_state ON incident (state, last_seen_ns);

-- What happened, in order: steps of incidents, ports that went blind, gaps. `seq` never comes back.
CREATE TABLE event (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ns INTEGER NOT NULL,
    what  TEXT    NOT NULL,
    body  TEXT    NOT NULL
) STRICT;
CREATE INDEX event_by_time ON event (at_ns);

-- Too weak for a card, but worth comparing across many clinics.
CREATE TABLE sighting (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ns INTEGER NOT NULL,
    body  TEXT    NOT NULL
) STRICT;

CREATE TABLE device (
    id           INTEGER PRIMARY KEY,
    last_seen_ns INTEGER NOT NULL,
    body         TEXT    NOT NULL
) STRICT;

-- What each port heard in each hour.
CREATE TABLE port_hour (
    hour INTEGER NOT NULL,
    port INTEGER NOT NULL,
    body TEXT    NOT NULL,
    PRIMARY KEY (hour, port)
) STRICT;

-- One row each: what was learned, and how the sensor is.
CREATE TABLE kept (
    name  TEXT PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    body  TEXT    NOT NULL
) STRICT;
