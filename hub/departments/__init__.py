"""总则 General provisions: who takes part and by which rules time is counted.

Organisation   registered → (renamed | duties moved | officers appointed, relieved)*
               → merged | deactivated
Legal basis    registered → amended* → repealed
Work calendar  provisional → published → amended*
Rule set       deadline set*, policy changed*

Articles: Decree 809 §3, §8–11, §17, §21–22, §26; 民法典 §201, §203; DOMAIN §2.2, §3.5.
"""
