"""安全 Security: personal data is kept no longer than it is needed, and its end is recorded.

Personal data file   held → erased
                     held → restricted (a statutory term of keeping runs) → erased on the day
                     after it ended | lifted (restricted by mistake, or back in office) → held
                     erased → held again with whatever is entered later, under a new key

Incident             detected → closed (cause, loss, lessons)

What is erased is the text and the key it was sealed with; the record keeps the commitments, so
every proof about it stays true (`hub.personal`).

Articles: PIPL §19, §45, §47; Decree 809 §29, §35, §37; 网络数据安全管理条例 §24;
DOMAIN §3.1 rule 3.
"""
