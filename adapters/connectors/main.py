"""The command line: `hub-adapter run|check|once CONFIG`."""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="hub-adapter",
    help="Carries a department's files to the hub and granted data back. 部门前置适配器",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
File = Annotated[Path, typer.Argument(help="The configuration, a TOML file 配置文件")]
DONE, NO, WRONG_USE = 0, 1, 2


@app.command()
def run(config: File) -> None:
    """Watch the folders, deliver and receive until stopped 持续运行."""
    _work(config, forever=True)


@app.command()
def once(config: File) -> None:
    """Deliver and receive what there is now, then end 执行一次.

    Exit code 1 when something was left undone.
    """
    _work(config, forever=False)


@app.command()
def check(config: File) -> None:
    """Say what works and what does not 检查配置与连接."""
    from adapters.connectors.config import ConfigProblem, read_config  # noqa: PLC0415

    try:
        read = read_config(config)
        from adapters.connectors.check import check as look  # noqa: PLC0415 - after, for it is slow

        lines = look(read)
        good = True
        for fine, words in lines:
            good = good and fine
            typer.echo(f"{'ok  ' if fine else 'NO  '}{words}")
    except ConfigProblem as wrong:
        _say_wrong(wrong)
    raise typer.Exit(DONE if good else NO)


def _work(path: Path, *, forever: bool) -> None:
    from adapters.connectors.config import ConfigProblem, read_config  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        config = read_config(path)
        # What reads tables is slow to load; a mistake in the configuration is told before.
        from adapters.connectors.run import Adapter  # noqa: PLC0415
        from adapters.connectors.say import logger_for  # noqa: PLC0415

        watched = config.adapter.log == "console" and sys.stderr.isatty()
        adapter = Adapter(config, logger_for(config.adapter.log), watched=watched)
    except ConfigProblem as wrong:
        _say_wrong(wrong)
    try:
        done = True
        if forever:
            adapter.run(stop)
        else:
            done = adapter.once(stop)
    finally:
        adapter.close()
    raise typer.Exit(DONE if done else NO)


def _say_wrong(wrong: Exception) -> NoReturn:
    typer.echo(str(wrong), err=True)
    raise typer.Exit(WRONG_USE) from wrong


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
