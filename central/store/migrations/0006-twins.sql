-- Round a change of epochs a box tells two pseudonyms of one thing: each is met, and knows the other.
ALTER TABLE occurrence ADD COLUMN twin TEXT;

-- All pseudonyms under which a finding was met.
CREATE TABLE finding_pseudonym (
    hmac TEXT NOT NULL,
    finding BIGINT NOT NULL,
    PRIMARY KEY (hmac, finding)
);
CREATE INDEX finding_pseudonym_of ON finding_pseudonym (finding);
INSERT INTO finding_pseudonym (hmac, finding) SELECT hmac, no FROM finding;
DROP INDEX finding_of;
