-- The centre's first schema. A portable subset: the same text makes it in SQLite and in PostgreSQL. Numbers are BIGINT and handed out by the one
-- writer, moments are nanoseconds since 1970, JSON is text, yes and no are 1 and 0.

CREATE TABLE member (
    no BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    region TEXT NOT NULL,
    municipality TEXT NOT NULL,
    supplier TEXT NOT NULL,
    since_ns BIGINT NOT NULL
);

CREATE TABLE box (
    no BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    member BIGINT NOT NULL REFERENCES member (no),
    claimed_at_ns BIGINT NOT NULL,
    revoked_at_ns BIGINT,
    is_renewal_approved BIGINT NOT NULL DEFAULT 0,
    last_seen_ns BIGINT,
    skew_ns BIGINT,
    health TEXT,
    inventory TEXT,
    letters_sent BIGINT NOT NULL DEFAULT 0,
    letters_acked BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX box_member ON box (member);

-- The hash of a code, never the code.
CREATE TABLE claim (
    hash TEXT NOT NULL PRIMARY KEY,
    member BIGINT NOT NULL REFERENCES member (no),
    made_at_ns BIGINT NOT NULL,
    until_ns BIGINT NOT NULL,
    used_at_ns BIGINT,
    box BIGINT REFERENCES box (no),
    key_hash TEXT
);

CREATE TABLE certificate (
    serial TEXT NOT NULL PRIMARY KEY,
    box BIGINT NOT NULL REFERENCES box (no),
    issued_at_ns BIGINT NOT NULL,
    until_ns BIGINT NOT NULL
);
CREATE INDEX certificate_box ON certificate (box);

-- How far each lane of each spool is.
CREATE TABLE lane (
    no BIGINT NOT NULL PRIMARY KEY,
    box BIGINT NOT NULL REFERENCES box (no),
    spool TEXT NOT NULL,
    lane TEXT NOT NULL,
    committed BIGINT NOT NULL,
    UNIQUE (box, spool, lane)
);

-- What came, as it came. A gap stands for first_seq to seq.
CREATE TABLE record (
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    v BIGINT NOT NULL,
    sent_at_ns BIGINT NOT NULL,
    received_at_ns BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (lane, seq)
);

-- Why a record could not be read; it lies in `record`.
CREATE TABLE quarantine (
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    received_at_ns BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (lane, seq)
);

CREATE TABLE gap (
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (lane, seq)
);

-- The latest state of each incident.
CREATE TABLE incident (
    box BIGINT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    due TEXT NOT NULL,
    due_rank BIGINT NOT NULL,
    device_type TEXT NOT NULL,
    opened_at_ns BIGINT NOT NULL,
    last_seen_ns BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    findings BIGINT NOT NULL,
    is_exercise BIGINT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (box, id)
);
CREATE INDEX incident_last_seen ON incident (last_seen_ns);

-- All its steps, by the record that told each.
CREATE TABLE incident_step (
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    box BIGINT NOT NULL,
    id TEXT NOT NULL,
    at_ns BIGINT NOT NULL,
    PRIMARY KEY (lane, seq)
);
CREATE INDEX incident_step_of ON incident_step (box, id);

CREATE TABLE sighting (
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    box BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at_ns BIGINT NOT NULL,
    is_exercise BIGINT NOT NULL,
    PRIMARY KEY (lane, seq)
);

-- That a box met an indicator.
CREATE TABLE occurrence (
    no BIGINT NOT NULL PRIMARY KEY,
    box BIGINT NOT NULL,
    epoch TEXT NOT NULL,
    hmac TEXT NOT NULL,
    indicator TEXT NOT NULL,
    value TEXT,
    kind TEXT NOT NULL,
    at_ns BIGINT NOT NULL,
    is_exercise BIGINT NOT NULL
);
CREATE INDEX occurrence_of ON occurrence (hmac, at_ns);

-- How far a job has looked.
CREATE TABLE mark (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- What several members share.
CREATE TABLE finding (
    no BIGINT NOT NULL PRIMARY KEY,
    epoch TEXT NOT NULL,
    hmac TEXT NOT NULL,
    indicator TEXT NOT NULL,
    value TEXT,
    kinds TEXT NOT NULL,
    members TEXT NOT NULL,
    independent BIGINT NOT NULL,
    first_ns BIGINT NOT NULL,
    last_ns BIGINT NOT NULL,
    found_at_ns BIGINT NOT NULL
);
CREATE INDEX finding_of ON finding (hmac, last_ns);

CREATE TABLE letter (
    box BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    signed TEXT NOT NULL,
    PRIMARY KEY (box, seq)
);
CREATE INDEX letter_about ON letter (about, kind);

CREATE TABLE warning (
    id TEXT NOT NULL PRIMARY KEY,
    issued_at_ns BIGINT NOT NULL,
    until_ns BIGINT NOT NULL,
    urgency TEXT NOT NULL,
    text TEXT NOT NULL,
    audience TEXT NOT NULL,
    is_exercise BIGINT NOT NULL,
    issued_by TEXT NOT NULL,
    recalled_at_ns BIGINT
);

-- The latest answer of each box.
CREATE TABLE answer (
    warning TEXT NOT NULL,
    box BIGINT NOT NULL,
    answer TEXT NOT NULL,
    at_ns BIGINT NOT NULL,
    PRIMARY KEY (warning, box)
);

CREATE TABLE epoch_key (
    epoch TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    from_ns BIGINT NOT NULL,
    until_ns BIGINT NOT NULL
);

CREATE TABLE account (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    since_ns BIGINT NOT NULL
);

-- Hashes of sign-in links and of session cookies, never themselves.
CREATE TABLE link (
    hash TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name),
    until_ns BIGINT NOT NULL,
    used_at_ns BIGINT
);

CREATE TABLE session (
    hash TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name),
    csrf TEXT NOT NULL,
    since_ns BIGINT NOT NULL,
    until_ns BIGINT NOT NULL
);

CREATE TABLE audit (
    no BIGINT NOT NULL PRIMARY KEY,
    at_ns BIGINT NOT NULL,
    who TEXT NOT NULL,
    deed TEXT NOT NULL,
    thing TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
);
