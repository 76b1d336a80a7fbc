"""The words and code values of the compiling guide as they stand in departments' workbooks."""

from collections.abc import Mapping
from typing import TypeVar

from adapters.catalogues.candidate import Text
from hub.catalog.kinds import (
    FormatClass,
    ItemType,
    OpenType,
    ShareMethod,
    ShareType,
    UpdateCycle,
)

Word = TypeVar("Word")

COLUMNS = {
    "信息资源名称": "title",
    "数据资源名称": "title",
    "目录名称": "title",
    "信息资源代码": "catalog_code",
    "目录代码": "catalog_code",
    "信息资源提供方": "provider",
    "提供方": "provider",
    "提供单位": "provider",
    "信息资源提供方代码": "provider_uscc",
    "提供方代码": "provider_uscc",
    "提供方统一社会信用代码": "provider_uscc",
    "信息资源摘要": "abstract",
    "摘要": "abstract",
    "信息资源格式": "format",
    "格式": "format",
    "信息项名称": "item",
    "信息项": "item",
    "数据类型": "item_type",
    "数据长度": "item_length",
    "长度": "item_length",
    "共享类型": "share_type",
    "共享条件": "share_condition",
    "共享方式": "share_method",
    "开放类型": "open_type",
    "是否向社会开放": "open_type",
    "开放条件": "open_conditions",
    "更新周期": "update_cycle",
    "关联资源代码": "related_codes",
    "关联及类目名称": "related_codes",
    "职责依据": "duty",
    "事权依据": "duty",
    "空间范围": "space_range",
    "是否含个人信息": "has_personal_info",
}
"""Header cell, without blanks and stars -> our field."""
SHARE_TYPES = {
    "1": ShareType.UNCONDITIONAL,
    "无条件共享": ShareType.UNCONDITIONAL,
    "无条件": ShareType.UNCONDITIONAL,
    "2": ShareType.CONDITIONAL,
    "有条件共享": ShareType.CONDITIONAL,
    "有条件": ShareType.CONDITIONAL,
    "3": ShareType.NOT_SHARED,
    "不予共享": ShareType.NOT_SHARED,
}
METHODS = {
    "1": ShareMethod.TABLE,
    "数据库": ShareMethod.TABLE,
    "库表": ShareMethod.TABLE,
    "库表交换": ShareMethod.TABLE,
    "批量交换": ShareMethod.TABLE,
    "2": ShareMethod.FILE,
    "文件": ShareMethod.FILE,
    "文件下载": ShareMethod.FILE,
    "3": ShareMethod.INTERFACE,
    "接口": ShareMethod.INTERFACE,
    "服务接口": ShareMethod.INTERFACE,
}
CYCLES = {
    "1": UpdateCycle.REALTIME,
    "实时": UpdateCycle.REALTIME,
    "2": UpdateCycle.DAILY,
    "每日": UpdateCycle.DAILY,
    "3": UpdateCycle.WEEKLY,
    "每周": UpdateCycle.WEEKLY,
    "4": UpdateCycle.MONTHLY,
    "每月": UpdateCycle.MONTHLY,
    "5": UpdateCycle.QUARTERLY,
    "每季度": UpdateCycle.QUARTERLY,
    "6": UpdateCycle.YEARLY,
    "每年": UpdateCycle.YEARLY,
    "7": UpdateCycle.HALF_YEARLY,
    "每半年": UpdateCycle.HALF_YEARLY,
    "8": UpdateCycle.IRREGULAR,
    "不定期": UpdateCycle.IRREGULAR,
    "不定时": UpdateCycle.IRREGULAR,
    "9": UpdateCycle.OTHER,
    "其他": UpdateCycle.OTHER,
}
ITEM_TYPES = {
    **{letter.value: letter for letter in ItemType},
    "字符": ItemType.CHARACTER,
    "字符型": ItemType.CHARACTER,
    "数值": ItemType.NUMERIC,
    "数值型": ItemType.NUMERIC,
    "货币": ItemType.MONEY,
    "日期": ItemType.DATE,
    "日期型": ItemType.DATE,
    "日期时间": ItemType.DATETIME,
    "日期时间型": ItemType.DATETIME,
    "逻辑": ItemType.LOGICAL,
    "逻辑型": ItemType.LOGICAL,
    "备注": ItemType.MEMO,
    "备注型": ItemType.MEMO,
    "通用": ItemType.GENERAL,
    "双精度": ItemType.DOUBLE,
    "整型": ItemType.INTEGER,
    "整数型": ItemType.INTEGER,
    "浮点": ItemType.FLOAT,
    "浮点型": ItemType.FLOAT,
}
OPEN = {
    "0": OpenType.NOT_OPEN,
    "否": OpenType.NOT_OPEN,
    "不予开放": OpenType.NOT_OPEN,
    "1": OpenType.OPEN,
    "是": OpenType.OPEN,
    "无条件开放": OpenType.OPEN,
    "2": OpenType.ON_APPLICATION,
    "有条件开放": OpenType.ON_APPLICATION,
    "依申请开放": OpenType.ON_APPLICATION,
}
FORMATS: tuple[tuple[str, FormatClass], ...] = (
    ("数据库", FormatClass.DATABASE),
    ("接口", FormatClass.INTERFACE),
    ("电子表格", FormatClass.SPREADSHEET),
    ("图形", FormatClass.IMAGE),
    ("图像", FormatClass.IMAGE),
    ("流媒体", FormatClass.STREAM),
    ("自描述", FormatClass.SELF_DESCRIBING),
    ("电子文件", FormatClass.DOCUMENT),
    ("mysql", FormatClass.DATABASE),
    ("oracle", FormatClass.DATABASE),
    ("dm", FormatClass.DATABASE),
    ("kingbase", FormatClass.DATABASE),
    ("postgresql", FormatClass.DATABASE),
    ("xls", FormatClass.SPREADSHEET),
    ("et", FormatClass.SPREADSHEET),
    ("csv", FormatClass.SPREADSHEET),
    ("jpg", FormatClass.IMAGE),
    ("gif", FormatClass.IMAGE),
    ("bmp", FormatClass.IMAGE),
    ("doc", FormatClass.DOCUMENT),
    ("pdf", FormatClass.DOCUMENT),
    ("ofd", FormatClass.DOCUMENT),
    ("wps", FormatClass.DOCUMENT),
    ("html", FormatClass.DOCUMENT),
    ("txt", FormatClass.DOCUMENT),
    ("xml", FormatClass.DOCUMENT),
    ("json", FormatClass.SELF_DESCRIBING),
)
PERSONAL = ("姓名", "身份证", "公民身份号码", "证件号", "出生", "手机", "电话", "住址", "户籍")
"""Words in the names of data items that speak of a person."""
YES, NO = {"是", "1", "Y", "y"}, {"否", "0", "N", "n"}


def one_of(words: Mapping[str, Word], where: str, cell: str | None, text: Text) -> Word | None:
    """Return what a cell means; an unknown word is a reason. `1.0` and `1 无条件` mean 1."""
    plain = (cell or "").strip()
    if not plain:
        return None
    for form in (plain, plain.removesuffix(".0"), plain.split()[0].rstrip(".、:：")):
        if form in words:
            return words[form]
    text.doubt(f"{where}: “{plain[:40]}” is not a word of the compiling guide")
    return None
