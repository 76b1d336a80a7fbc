"""机器校核结论 Findings: what can be wrong with an entry, and the sentence that says so."""

from hub.catalog.content import Finding
from hub.errors import Invalid

FIELDS: dict[str, tuple[str, str]] = {
    "title": ("the title", "信息资源名称"),
    "class_code": ("the class code", "信息资源分类"),
    "catalog_code": ("the catalogue code", "信息资源代码"),
    "items": ("the list of data items", "信息项"),
    "format_class": ("the class of format", "信息资源格式分类"),
    "format": ("the format", "信息资源格式"),
    "update_cycle": ("the update cycle", "更新周期"),
    "share_type": ("the class of sharing", "共享类型"),
    "share_methods": ("the method of sharing", "共享方式"),
    "grade": ("the grade", "数据分级"),
    "has_personal_info": ("whether there is personal information", "是否含个人信息"),
}
"""The fields that must not be empty, with their names in English and Chinese."""
SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("{where} is missing", "缺少{where}"),
    "title_long": ("the title has more than 200 characters", "名称超过200字"),
    "title_taken": (
        "another entry of the provider bears this title ({about})",
        "本部门已有同名目录条目（{about}）",
    ),
    "class_code": (
        "class_code “{about}” is not class (1–3), item (2 digits), sub-item (3 digits), detail",
        "分类代码“{about}”不符合类（1–3）、项（2位）、目（3位）、细目的规则",
    ),
    "catalog_code": (
        "catalog_code “{about}” is not the class code, “/” and a sequence number",
        "信息资源代码“{about}”不是“分类代码/顺序号”",
    ),
    "code_taken": ("catalog_code {about} belongs to another entry", "代码{about}已属于其他目录"),
    "code_changed": ("the catalogue code {about} cannot be changed", "信息资源代码{about}不得变更"),
    "item_repeated": ("the data item “{about}” is named twice", "信息项“{about}”重复"),
    "item_type": ("the data item “{about}” has no data type", "信息项“{about}”缺少数据类型"),
    "conditions_missing": (
        "class 2 needs its purposes and at least one condition (Decree 809 §15)",
        "有条件共享须列明用途及至少一项条件（条例第十五条）",
    ),
    "conditions_invented": (
        "conditions belong to class 2 only (Decree 809 §15)",
        "只有有条件共享可以设置条件（条例第十五条）",
    ),
    "conditions_item": (
        "the conditions name “{about}”, which is no data item of the entry",
        "共享条件所列“{about}”不是本目录的信息项",
    ),
    "ground_missing": (
        "class 3 needs its reason and the legal basis (Decree 809 §14, §15)",
        "不予共享须写明理由和依据（条例第十四、十五条）",
    ),
    "ground_needless": (
        "a ground for not sharing belongs to class 3 only",
        "只有不予共享可以填写不予共享依据",
    ),
    "ground_unknown": ("the legal basis {about} is not registered", "依据{about}未登记"),
    "ground_rank": (
        "“{about}” is no law, regulation or State Council decision in force (Decree 809 §14)",
        "《{about}》不是现行法律、行政法规或国务院决定，不能作为不予共享的依据（条例第十四条）",
    ),
    "share_type_item": (
        "a data item that cannot be masked is {about}; the entry takes the strictest class",
        "有不可单独脱敏的信息项为{about}，目录共享类型须从严",
    ),
    "items_not_shared": (
        "no data item is shared; such an entry is class 3 and needs its ground (Decree 809 §14)",
        "全部信息项均不予共享，应列为不予共享类并写明依据（条例第十四条）",
    ),
    "grade_item": (
        "a data item is {about}; the entry takes the highest grade",
        "有信息项为{about}级，目录分级须就高从严",
    ),
    "grade_core": (
        "core data does not go through the hub",
        "核心数据不通过本平台共享",
    ),
    "grade_important": (
        "important data is never shared unconditionally",
        "重要数据不得无条件共享",
    ),
    "open_not_shared": ("what is not shared cannot be opened", "不予共享的数据不得开放"),
    "personal_info_sensitive": (
        "the data item “{about}” is sensitive, so the entry has personal information",
        "信息项“{about}”为敏感信息，目录应注明含个人信息",
    ),
    "assessment_missing": (
        "the {about} assessment is missing (Decree 809 §13)",
        "缺少{about}评估（条例第十三条）",
    ),
    "assessment_bad": (
        "the assessment found {about}: this cannot be in the catalogue",
        "评估结论为{about}，不得编入目录",
    ),
    "approval_missing": (
        "the head of the department has not approved it (Decree 809 §13)",
        "尚未经部门负责人审核（条例第十三条）",
    ),
}
"""Code -> the sentence in English and Chinese, with {where} and {about}."""


def sentences(findings: tuple[Finding, ...]) -> tuple[str, str]:
    """Return all findings as one sentence in English and one in Chinese."""
    pairs = [_sentence(finding) for finding in findings]
    return "; ".join(en for en, _ in pairs), "；".join(zh for _, zh in pairs)


def require_none(findings: tuple[Finding, ...]) -> None:
    """Refuse with every finding at once, so that nobody has to come back for the next."""
    if findings:
        en, zh = sentences(findings)
        raise Invalid(
            f"the entry has {len(findings)} faults: {en}",
            f"目录条目有{len(findings)}处问题：{zh}",
            where=findings[0].where,
        )


def _sentence(finding: Finding) -> tuple[str, str]:
    en, zh = SENTENCES[finding.code]
    field_en, field_zh = FIELDS.get(finding.where, (finding.where, finding.where))
    return (
        en.format(where=field_en, about=finding.about),
        zh.format(where=field_zh, about=finding.about),
    )
