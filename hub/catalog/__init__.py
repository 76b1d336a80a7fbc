"""目录 Catalogue: what data the city holds, who answers for it, and how it may be shared.

Entry     draft → internal_ok (head) → in_review (submitted) → approved → published
          in_review → draft | revising (returned with a reason)
          published → update_due (law or duty changed; still usable)
          published | update_due → revising (the old version stays in force) → … → published, v + 1
          any → withdrawn (no grant stands on it); an import alone may list it again, as v + 1
Code      reserved for good        Title  held as long as an entry of the provider bears it
Use       grants opened, closed: while one is open the entry cannot be withdrawn
Release   compiled (entries and versions in force) → published

Nobody approves what he wrote, inside the department or at the authority. Class 3 (not shared)
rests on a law, an administrative regulation or a State Council decision in force, or stays a draft.

Articles: Decree 809 §12–17; 政务信息资源目录编制指南; DOMAIN §2.2 (D-01 to D-03a), §2.5, §3.3.
"""
