"""The facts behind a figure: one statement per kind of question, the same for every figure of it.

Each returns position, department_id, partner_id, case_id, subject_id, part, label, value, out_of.
Parameters: `facts` (for a state: the family, its “on” first), `year`, `day` (a state's day, or the
last of the year), `department` ('' is the whole city), `position` (nothing later is seen).
"""

EVENTS = """
    SELECT position, department_id, partner_id, case_id, subject_id, part, label, value, out_of
      FROM annual_facts
     WHERE fact = ANY (%(facts)s)
       AND year = %(year)s
       AND position <= %(position)s
       AND %(department)s IN ('', department_id)
"""
"""What happened in the year, counted for the department answerable for it."""

AS_PARTNER = """
    SELECT position, department_id, partner_id, case_id, subject_id, part, label, value, out_of
      FROM annual_facts
     WHERE fact = ANY (%(facts)s)
       AND year = %(year)s
       AND position <= %(position)s
       AND %(department)s IN ('', partner_id)
"""
"""What happened in the year, counted for the other side: the requester, the raiser."""

HELD = """
    SELECT position, department_id, partner_id, case_id, subject_id, part, label, value, out_of
      FROM (SELECT DISTINCT ON (case_id) *
              FROM annual_facts
             WHERE fact = ANY (%(facts)s)
               AND day <= %(day)s
               AND position <= %(position)s
             ORDER BY case_id, day DESC, position DESC, number DESC) AS latest
     WHERE fact = (%(facts)s::text[])[1]
       AND %(department)s IN ('', department_id)
"""
"""What was so at the end of a day: the last fact of each case says “on”."""

DEPARTMENTS = """
    SELECT latest.position, department_id, partner_id, case_id, subject_id, part, label,
           (unit.position IS NOT NULL)::int::bigint AS value, out_of
      FROM (SELECT DISTINCT ON (case_id) *
              FROM annual_facts
             WHERE fact = ANY (%(facts)s)
               AND day <= %(day)s
               AND position <= %(position)s
             ORDER BY case_id, day DESC, position DESC, number DESC) AS latest
      LEFT JOIN LATERAL (
           SELECT named.position
             FROM annual_facts AS named
            WHERE named.case_id = latest.case_id
              AND named.fact = 'org.sharing_unit'
              AND named.day <= %(day)s
              AND named.position <= %(position)s
            LIMIT 1) AS unit ON true
     WHERE fact = (%(facts)s::text[])[1]
       AND part IN ('department', 'authorized_organization')
       AND %(department)s IN ('', department_id)
"""
"""The departments at the end of a day; value 1 where the sharing office is named (§11)."""

WITHDRAWN_ENTRIES = """
    SELECT off.position, off.department_id, off.partner_id, off.case_id, off.subject_id,
           before.part, before.label, off.value, off.out_of
      FROM annual_facts AS off
     CROSS JOIN LATERAL (
           SELECT entry.part, entry.label
             FROM annual_facts AS entry
            WHERE entry.case_id = off.case_id
              AND entry.fact = 'entry.on'
              AND entry.position < off.position
            ORDER BY entry.position DESC
            LIMIT 1) AS before
     WHERE off.fact = ANY (%(facts)s)
       AND off.year = %(year)s
       AND off.position <= %(position)s
       AND %(department)s IN ('', off.department_id)
"""
"""Entries withdrawn in the year, with the class and grade they had."""

NOT_SHARED = """
    SELECT latest.position, latest.department_id, latest.partner_id, latest.case_id,
           latest.subject_id, ground.part, ground.label, latest.value, latest.out_of
      FROM (SELECT DISTINCT ON (case_id) *
              FROM annual_facts
             WHERE fact = ANY (%(facts)s)
               AND day <= %(day)s
               AND position <= %(position)s
             ORDER BY case_id, day DESC, position DESC, number DESC) AS latest
     CROSS JOIN LATERAL (
           SELECT why.part, why.label
             FROM annual_facts AS why
            WHERE why.case_id = latest.case_id
              AND why.fact = 'entry.ground'
              AND why.position <= latest.position
            ORDER BY why.position DESC
            LIMIT 1) AS ground
     WHERE fact = (%(facts)s::text[])[1]
       AND latest.part LIKE '3|%%'
       AND %(department)s IN ('', latest.department_id)
"""
"""Entries of class 3 in force; part is the basis and article, label the reason (§14)."""

MOUNTED = """
    SELECT latest.position, latest.department_id, latest.partner_id, latest.case_id,
           latest.subject_id, mounted.part, latest.label, latest.value, latest.out_of
      FROM (SELECT DISTINCT ON (case_id) *
              FROM annual_facts
             WHERE fact = ANY (%(facts)s)
               AND day <= %(day)s
               AND position <= %(position)s
             ORDER BY case_id, day DESC, position DESC, number DESC) AS latest
      JOIN annual_facts AS mounted
        ON mounted.case_id = latest.case_id
       AND mounted.fact = 'resource.mounted'
     WHERE latest.fact = (%(facts)s::text[])[1]
       AND %(department)s IN ('', latest.department_id)
"""
"""Resources that serve at the end of a day; part is the way of sharing."""

SHAREABLE = """
    SELECT latest.position, department_id, partner_id, case_id, subject_id, part, label,
           (subject_id IN (
               SELECT serving.subject_id
                 FROM (SELECT DISTINCT ON (case_id) subject_id, fact
                         FROM annual_facts
                        WHERE fact IN ('resource.on', 'resource.off')
                          AND day <= %(day)s
                          AND position <= %(position)s
                        ORDER BY case_id, day DESC, position DESC, number DESC) AS serving
                WHERE serving.fact = 'resource.on'))::int::bigint AS value,
           out_of
      FROM (SELECT DISTINCT ON (case_id) *
              FROM annual_facts
             WHERE fact = ANY (%(facts)s)
               AND day <= %(day)s
               AND position <= %(position)s
             ORDER BY case_id, day DESC, position DESC, number DESC) AS latest
     WHERE fact = (%(facts)s::text[])[1]
       AND part ~ '^[12]'
       AND %(department)s IN ('', department_id)
"""
"""Entries of class 1 and 2 in force; value 1 where a resource serves them (K4)."""

WITHDRAWN_REQUESTS = """
    SELECT off.position, department_id, partner_id, case_id, subject_id, part, label, value, out_of
      FROM annual_facts AS off
     WHERE fact = ANY (%(facts)s)
       AND year = %(year)s
       AND position <= %(position)s
       AND %(department)s IN ('', department_id)
       AND EXISTS (SELECT
                     FROM annual_facts AS received
                    WHERE received.case_id = off.case_id
                      AND received.fact = 'request.received'
                      AND received.position < off.position)
"""
"""Requests withdrawn after the provider had them: the others never counted as received."""

BY_METHOD = """
    SELECT used.position, used.department_id, used.partner_id, used.case_id, used.subject_id,
           coalesce(grants.part, '') AS part, used.label, used.value, used.out_of
      FROM annual_facts AS used
      LEFT JOIN annual_facts AS grants
        ON grants.case_id = used.case_id
       AND grants.fact = 'grant.on'
     WHERE used.fact = ANY (%(facts)s)
       AND used.year = %(year)s
       AND used.position <= %(position)s
       AND %(department)s IN ('', used.department_id)
"""
"""Use in the year; part is the ways of sharing the grant allows."""

JUDGED = """
    SELECT done.position, term.department_id, done.partner_id, done.case_id, done.subject_id,
           CASE WHEN done.day <= term.due_on OR term.label = 'provisional'
                THEN 'on_time' ELSE 'late' END AS part,
           done.label,
           (done.day <= term.due_on OR term.label = 'provisional')::int::bigint AS value,
           done.out_of
      FROM annual_facts AS done
     CROSS JOIN LATERAL (
           SELECT before.fact, before.department_id, before.due_on, before.label
             FROM annual_facts AS before
            WHERE before.case_id = done.case_id
              AND before.fact = ANY ((%(facts)s::text[])[1:3])
              AND (before.position, before.number) < (done.position, done.number)
            ORDER BY before.position DESC, before.number DESC
            LIMIT 1) AS term
     WHERE done.fact = (%(facts)s::text[])[2]
       AND done.year = %(year)s
       AND done.position <= %(position)s
       AND term.fact = (%(facts)s::text[])[1]
       AND %(department)s IN ('', term.department_id)
       AND NOT EXISTS (SELECT
                         FROM annual_facts AS late
                        WHERE late.case_id = done.case_id
                          AND late.fact = (%(facts)s::text[])[4]
                          AND late.due_on = term.due_on
                          AND late.position <= %(position)s)
     UNION ALL
    SELECT late.position, term.department_id, late.partner_id, late.case_id, late.subject_id,
           'late', late.label, 0, late.out_of
      FROM annual_facts AS late
     CROSS JOIN LATERAL (
           SELECT before.department_id
             FROM annual_facts AS before
            WHERE before.case_id = late.case_id
              AND before.fact = (%(facts)s::text[])[1]
              AND before.due_on = late.due_on
              AND before.position <= %(position)s
            ORDER BY before.position DESC, before.number DESC
            LIMIT 1) AS term
     WHERE late.fact = (%(facts)s::text[])[4]
       AND late.year = %(year)s
       AND late.position <= %(position)s
       AND %(department)s IN ('', term.department_id)
"""
"""Duties judged in the year (facts: due, done, void, late): value 1 on time, 0 late.

A duty counts in the year in which it was done or called late, whichever came first; withdrawn
ones and those still running leave both sides (DOMAIN §3.6).
"""
