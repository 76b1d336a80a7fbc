-- Readers of the record that react to it with commands: how far each has come. Outside `views`,
-- because what was answered with a command is not undone by rebuilding a view.

SET LOCAL ROLE hub_app;

-- Everything up to `position` is answered for. Its commands have ids that follow from the events,
-- so a reader that lost its position would answer again and change nothing.
CREATE TABLE desk.readers (
    name      text COLLATE "C" PRIMARY KEY,
    position  bigint NOT NULL CHECK (position >= 0)
) WITH (fillfactor = 50);

RESET ROLE;
