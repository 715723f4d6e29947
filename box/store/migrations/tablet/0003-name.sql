-- Why: whoever counts commands must notice when this file is another one, whose numbers begin anew.
CREATE TABLE kept (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;
INSERT INTO kept VALUES ('name', lower(hex(randomblob(8))));
