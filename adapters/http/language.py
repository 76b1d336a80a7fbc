"""Which of the two languages an answer speaks: what Accept-Language asks for, else Chinese."""

from functools import lru_cache

from hub.term import Language

_WEIGHT_OF_A_FAULT = 0.0


@lru_cache(maxsize=1_000)
def language_of(accept_language: str) -> Language:
    """Return the language the reader prefers: English when it comes before Chinese, else Chinese.

    Traditional readers (zh-Hant) get the Simplified sentence here; pages derive the other.
    """
    best: tuple[float, Language] = (_WEIGHT_OF_A_FAULT, "zh")
    for part in accept_language.split(","):
        tag, _, parameter = part.strip().lower().partition(";")
        language: Language | None = (
            "zh" if tag.startswith("zh") else "en" if tag.startswith("en") else None
        )
        if language is None:
            continue
        weight = _weight(parameter)
        if weight > best[0]:
            best = (weight, language)
    return best[1]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value)
    except ValueError:
        return _WEIGHT_OF_A_FAULT
