"""Why the sealer stands still, in sentences for the operator."""


class CannotSeal(Exception):
    """What was signed and what stands there now do not agree, or the disk or the key fails.

    Nothing is signed until an operator has mended it; `position` names the first event concerned.
    """

    def __init__(self, words: str, position: int | None = None, chinese: str = "") -> None:
        """Say what is wrong, where, and what to do.

        In Chinese too where it is for everybody's eyes: what names a file of the hub is not.
        """
        super().__init__(words)
        self.position = position
        self.chinese = chinese


class SealerAtWork(Exception):
    """Another process seals this record already."""


AGAIN = (
    "or, where it is lost for good, start a new log with "
    "`hub seal restart --origin NAME --reason TEXT`; the record keeps that you did."
)
CHINESE = (
    "请从较新的备份、归档或镜像恢复；确已无法找回的，以 hub seal restart 另立新日志，卷宗将予记载。"
)


def altered(position: int) -> CannotSeal:
    """Say that a row is not what was recorded."""
    return CannotSeal(
        f"The event at position {position} is not the one that was recorded: its columns do not "
        "give its leaf. Nothing from there on is sealed. Bring the row back from a backup "
        "(`hub verify` names every wrong position); the sealer then goes on by itself.",
        position,
        f"位置{position}的事件与记录时不一致：各列算不出原叶子。自该位置起均未封存。"
        "请从备份恢复该行（hub verify 可列出全部有误位置），存证随后自动继续。",
    )


def missing(position: int) -> CannotSeal:
    """Say that a position before the record's head holds no event."""
    return CannotSeal(
        f"The record has no event at position {position}, though it goes on behind it. Nothing "
        "from there on is sealed. Bring the row back from a backup; the sealer then goes on by "
        "itself.",
        position,
        f"卷宗缺少位置{position}的事件，其后却仍有事件。自该位置起均未封存。"
        "请从备份恢复该行，存证随后自动继续。",
    )


def unreadable(position: int) -> CannotSeal:
    """Say that a row holds a value that was never recorded and cannot even be read."""
    return CannotSeal(
        f"An event from position {position} on cannot be read: a column holds a value that no "
        "program wrote there. Nothing from there on is sealed. Bring the row back from a backup "
        "(`hub verify` names the position); the sealer then goes on by itself.",
        position,
        f"自位置{position}起有事件无法读取：某列的值并非本系统写入。自该位置起均未封存。"
        "请从备份恢复该行（hub verify 可指出位置），存证随后自动继续。",
    )


def shorter(head: int, sealed: int) -> CannotSeal:
    """Say that the record has lost events that are sealed and signed."""
    return CannotSeal(
        f"The record ends at position {head}, but {sealed} events are sealed and signed: positions "
        f"{head + 1} to {sealed} are missing. The database was restored from an older copy, or its "
        "end was cut off. Nothing is signed until they are back: bring them from a newer backup, "
        f"the archive or a mirror, {AGAIN}",
        head + 1,
        f"卷宗止于位置{head}，而已封存签名的事件有{sealed}个：位置{head + 1}至{sealed}缺失，"
        f"系恢复了旧备份或末尾被截断。找回之前不再签名：{CHINESE}",
    )


def replaced(position: int, sealed: int) -> CannotSeal:
    """Say that the record holds other events than those that are sealed and signed."""
    return CannotSeal(
        f"From position {position} on the record holds other events than those that are sealed and "
        f"signed up to {sealed}: it was restored from an older copy and went on from there, or was "
        f"altered. Nothing is signed until the sealed events are back, {AGAIN}",
        position,
        f"自位置{position}起，卷宗内容与已封存签名的事件（至{sealed}）不同："
        f"系恢复旧备份后继续使用，或被改动。找回已封存事件之前不再签名：{CHINESE}",
    )


def other_root(size: int) -> CannotSeal:
    """Say that the tree cannot be made again as it was signed."""
    return CannotSeal(
        f"Neither the tiles nor the record give the root that was signed over {size} events. "
        "Run `hub verify` to learn the first position that is wrong and bring those events back, "
        f"{AGAIN}",
        chinese=f"分块与卷宗均算不出{size}个事件的已签名根。"
        f"请运行 hub verify 查明最先有误的位置并恢复：{CHINESE}",
    )


def guard_gone(where: object) -> CannotSeal:
    """Say that nobody remembers what was signed last, though something was."""
    return CannotSeal(
        f"{where} is gone, though this log has signed checkpoints. Without it an older record "
        "could be signed as if it were new. Put the newest checkpoint that a witness or a backup "
        f"holds in its place as that file, {AGAIN}"
    )


def guard_differs(where: object, found: str, wanted: str) -> CannotSeal:
    """Say that the guard does not fit to what else is there."""
    return CannotSeal(
        f"{where} says {found}, but {wanted}. One of the two was brought back from an older copy "
        f"or changed by hand. Put the newest checkpoint that a witness holds in its place, {AGAIN}"
    )
