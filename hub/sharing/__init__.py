"""共享 Sharing: a department asks for another's data, is answered in time, uses it and accounts.

Request    draft → ok_inside → submitted [forwarded by the authority, where it screens]
           → reviewing (received)
           reviewing → waiting (supplement asked, once) → reviewing, the clock anew
           reviewing → (extension asked → granted | refused)*
           reviewing → (countersigned, for important data) → reviewing
           reviewing → agreed → fulfilled | declined; before the answer: withdrawn
Standing   given ⇄ revoked: the provider's head agrees beforehand to requests for an unconditional
           entry, which are then answered at once; request and grant are recorded all the same
Grant      issued → active (fulfilled) ⇄ suspended → terminated; active → expired | ended
           → disposing → closed
Usage      recorded*, entry filed*, service item linked*, anomaly detected*

A request is received when it reaches the hub: at its submission, or when the authority forwards
it, never when the provider cares to open it (自收到之日起, §21). So no command receives a request.
Overdue events change no state: whoever is late must still answer.

Articles: Decree 809 §14, §15, §20–§22, §25–§27, §29; DOMAIN D-04…D-08, D-10, D-14, D-20, §3.3.
"""
