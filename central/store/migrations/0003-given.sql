-- The number of the last letter that a box was given. One that has a later one has it from before a backup of the centre was put back.
ALTER TABLE box_seen ADD COLUMN letters_given BIGINT NOT NULL DEFAULT 0;
UPDATE box_seen SET letters_given = (SELECT letters_sent FROM box WHERE box.no = box_seen.box);
