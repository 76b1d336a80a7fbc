"""汇聚 Convergence: the data behind a catalogue entry and the batches in which it arrives.

Resource   mounted → tested → active ⇄ suspended
           active → (changed)* → ending (termination notified, negotiated, filed) → ended
Batch      delivered → received → checked → accepted → live
                                          → rejected → a new batch that supersedes it
Freshness  every active table or file resource expects a batch for each period of its entry's
           update cycle; a period that ends with its grace and has none is a breach, once

Events hold facts about data (rows, bytes, digests, counts per rule), never the data.

Articles: Decree 809 §18, §19, §22, §27, §39 (P7); DOMAIN §2.5, §3.2 rows 11–12, §3.3.
"""
