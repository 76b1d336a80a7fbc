-- Why a sealer stands still, in Chinese too: given for what everybody may read on the log's page.

SET LOCAL ROLE hub_app;

ALTER TABLE desk.seal_troubles ADD COLUMN chinese text NOT NULL DEFAULT '';

RESET ROLE;
