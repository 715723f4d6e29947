-- Why: whoever goes on reading where it stopped must notice when this file is another one, whose numbers begin anew.
INSERT INTO kept VALUES ('name', 0, lower(hex(randomblob(8))));
