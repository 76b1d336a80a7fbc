"""The annual report as people read it and as machines do: one HTML file, and the same as JSON.

    session (who, which position, frozen or not) → gather (figures, names, words) → html | json

Nothing here counts: figures come from `projections.figures`, and a frozen report whose figures
would come out differently is not printed at all.
"""
