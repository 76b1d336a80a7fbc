"""What is wrong with which field, in both languages.

pydantic speaks English; the Chinese sentences stand in the table below by pydantic's error type.
A type that is not there gets the general sentence, and a test names those our commands can raise.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from hub.term import Language

CHINESE: dict[str, str] = {
    "missing": "必填",
    "extra_forbidden": "没有这一字段",
    "json_invalid": "不是合法的JSON",
    "json_type": "应为JSON文本",
    "none_required": "应为空",
    "value_error": "不符合要求",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "dict_type": "应为对象",
    "list_type": "应为数组",
    "tuple_type": "应为数组",
    "set_type": "应为数组",
    "frozen_set_type": "应为数组",
    "iterable_type": "应为数组",
    "too_short": "至少{min_length}项，实有{actual_length}项",
    "too_long": "至多{max_length}项",
    "string_type": "应为文本",
    "string_sub_type": "应为文本",
    "string_unicode": "不是合法的Unicode文本",
    "string_too_short": "至少{min_length}个字符",
    "string_too_long": "至多{max_length}个字符",
    "string_pattern_mismatch": "格式应符合{pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "应为整数，不能有小数",
    "float_type": "应为数值",
    "float_parsing": "应为数值",
    "finite_number": "应为有限数值",
    "decimal_type": "应为十进制数值",
    "decimal_parsing": "应为十进制数值",
    "bool_type": "应为true或false",
    "bool_parsing": "应为true或false",
    "greater_than": "应大于{gt}",
    "greater_than_equal": "应不小于{ge}",
    "less_than": "应小于{lt}",
    "less_than_equal": "应不大于{le}",
    "multiple_of": "应为{multiple_of}的倍数",
    "enum": "应为{expected}之一",
    "literal_error": "应为{expected}",
    "date_type": "应为日期，如2026-03-02",
    "date_parsing": "应为日期，如2026-03-02",
    "date_from_datetime_parsing": "应为日期，如2026-03-02",
    "date_from_datetime_inexact": "应为日期，不带时刻",
    "datetime_type": "应为时间，如2026-03-02T08:00:00Z",
    "datetime_parsing": "应为时间，如2026-03-02T08:00:00Z",
    "datetime_from_date_parsing": "应为时间，如2026-03-02T08:00:00Z",
    "datetime_object_invalid": "应为时间，如2026-03-02T08:00:00Z",
    "timezone_aware": "时间须带时区，如2026-03-02T08:00:00Z",
    "time_parsing": "应为时刻，如17:30",
    "union_tag_invalid": "类别应为{expected_tags}之一",
    "union_tag_not_found": "缺少类别字段{discriminator}",
    "lone_surrogate": "文本含有半个字符，请以合法Unicode重新发送",
    "control_character": "文本含有控制字符，请删除",
    "stream_id": "应为{kind}的标识：“{kind}:”后接1至80个字母、数字或 . _ ~ -",
    "uscc": "“{value}”不是统一社会信用代码：18位并含校验码(GB 32100)",
    "too_large": "条目内容共{size}字节，超过{most}字节，请精简摘要或拆分为多个条目",
    "repeated": "列表中有重复项，每项只列一次",
    "scope_subjects": "按事项、条目或部门审计须列明对象，其他范围不得列明",
    "scope_period": "审计期间须有起止日期且先后正确",
    "credentials": "位置中不得含有账号密码，请由前置机保存",
    "file_name": "只写文件名，不带目录",
    "moment": "应为日期或时间，如2026-06-30或2026-06-30T17:30:00+08:00",
    "period": "“{value}”不是周期，如2026-03-02、2026-W10、2026-03、2026-Q1、2026-H1、2026",
}
GENERAL = "不符合要求"


class Fault(msgspec.Struct, frozen=True):
    """One wrong field: where (JSON pointer), which rule, and the sentence."""

    pointer: str
    code: str
    detail: str


def faults_of(errors: Iterable[Mapping[str, Any]], language: Language) -> tuple[Fault, ...]:
    """Return pydantic's errors as faults in one language."""
    return tuple(
        Fault(pointer_to(_place(error["loc"])), str(error["type"]), _sentence(error, language))
        for error in errors
    )


def pointer_to(steps: Iterable[int | str]) -> str:
    """Return a place as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def is_not_json(errors: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether the text could not be read as JSON at all."""
    return any(error["type"] == "json_invalid" for error in errors)


def _place(steps: Sequence[int | str]) -> Sequence[int | str]:
    """Leave out that a field stands in the body: a pointer points into it anyway."""
    return steps[1:] if steps and steps[0] == "body" else steps


def _sentence(error: Mapping[str, Any], language: Language) -> str:
    if language == "en":
        return str(error["msg"])
    try:
        return CHINESE.get(error["type"], GENERAL).format_map(error.get("ctx", {}))
    except (KeyError, IndexError, ValueError):
        return GENERAL
