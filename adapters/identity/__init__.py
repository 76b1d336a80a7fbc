"""Identity: one door at which everybody says who he is, and gets a `hub.actor.Speaker`.

People come with a password and get a session; machines come with an API key or sign each request
(Ed25519, RFC 9421). Which roles the speaker holds is not decided here: that stands in the record.
`signature.py` and `words.py` stand alone, so that a department's adapter can sign with them.
"""
