"""The one way the stack says no."""


class StackProblem(Exception):
    """A sentence for the operator: what is wrong, where, and what to do about it."""
