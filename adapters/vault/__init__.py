"""The vault: personal text, sealed so that one deletion erases everything about one person.

door    a command's personal text → sealed text here, commitments to the hub   (`Vault.exchange`)
window  commitments of rows somebody may see → text, or the word that stands in its place
shredder  after PersonalDataErased: the key, the sealed texts   (used by `adapters.erasure`)

The tables are `desk.personal_keys` and `desk.personal_values`; the key-encryption key is a file.
"""
