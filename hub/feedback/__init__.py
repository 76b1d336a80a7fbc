"""反馈 Feedback: what shared data was good for, and data that is wrong.

Usage feedback   submitted → answered by the provider → closed by the requester; the duty to give
                 it belongs to the grant: due after first use, then yearly, and at the grant's end
Correction case  requested [→ forwarded by the authority] → received → (returned to true source)*
                 → verified → corrected | declined → answered → confirmed = closed | contested;
                 the records can be flagged meanwhile, the data is served on with the flag

Corrections go to the source department, not to the pool that shows the data; the clock runs on
from the first receipt at the platform, however often a case is re-routed (DOMAIN Part 4, trap 8).

Articles: Decree 809 §26; 暂行办法 使用反馈机制 (S-13), 校核 (S-38); DOMAIN D-09, D-14, D-15, §3.3.
"""
