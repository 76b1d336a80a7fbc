"""Small bar charts as inline SVG: no script, no font, no file from elsewhere."""

from collections.abc import Sequence
from html import escape

_LABEL, _BAR, _VALUE, _LINE = 220, 330, 90, 22
_LETTERS_MAX = 26


def bars(lines: Sequence[tuple[str, float]]) -> str:
    """Return one horizontal bar per line, its label left and its number right; '' for nothing."""
    most = max((value for _, value in lines), default=0.0)
    if most <= 0:
        return ""
    width, height = _LABEL + _BAR + _VALUE, _LINE * len(lines)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [f'<svg class="bars" role="img" {size} xmlns="http://www.w3.org/2000/svg">']
    for number, (label, value) in enumerate(lines):
        top = number * _LINE
        length = max(1, round(_BAR * value / most))
        short = label if len(label) <= _LETTERS_MAX else f"{label[: _LETTERS_MAX - 1]}…"
        parts.append(
            f'<text x="{_LABEL - 8}" y="{top + 15}" text-anchor="end">{escape(short)}</text>'
            f'<rect x="{_LABEL}" y="{top + 4}" width="{length}" height="14">'
            f"<title>{escape(label)}</title></rect>"
            f'<text x="{_LABEL + length + 6}" y="{top + 15}">{_plain(value)}</text>'
        )
    return "".join([*parts, "</svg>"])


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
