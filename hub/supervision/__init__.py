"""监督 Supervision: the annual report and the audit.

Annual report     (due | draft) → draft → frozen → reviewed → signed → filed; any of the last four
                  → amended = the next version in draft, the old one is kept; overdue* beside it
Audit engagement  notified → in progress (replay, export, finding)* → draft served → answered
                  → closed; answer overdue beside it
Sealed log        begun anew* under a new name and key when the one before could not go on

Articles: Decree 809 §29, §38; Audit Law §34–35, §42, §44; 暂行办法 年度报告制度 (S-46), 审计监督
(S-48); DOMAIN §2.2 D-17, D-18, D-23, D-24, §3.7, Part 4 traps 9 and 10.
"""
