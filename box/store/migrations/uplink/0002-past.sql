-- Why: when a new spool begins, numbers are given anew, and what left under the old ones must stay in the clinic's own record of what left.

-- What left under the names that this spool had before, as it left.
CREATE TABLE past (
    spool      TEXT    NOT NULL,
    lane       INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    what       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    sent_at_ns INTEGER NOT NULL,
    sent_bytes INTEGER NOT NULL,
    PRIMARY KEY (spool, lane, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX past_by_sent ON past (sent_at_ns);

-- All that ever left and is still kept.
CREATE VIEW sent AS
    SELECT lane, seq, what, body, sent_at_ns, sent_bytes FROM record WHERE sent_at_ns IS NOT NULL
    UNION ALL
    SELECT lane, seq, what, body, sent_at_ns, sent_bytes FROM past;
