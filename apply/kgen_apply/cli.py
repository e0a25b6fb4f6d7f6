# SPDX-License-Identifier: Apache-2.0
"""The command line of kgen-apply.

Exit codes: 0 done, or nothing to do; 1 --dry-run or --check: something would change; 2 wrong usage; 3 the tree is
refused; 4 a host is not fit; 5 a host cannot be reached, or a step there failed; 6 the API server refuses; 7 what was
applied is not well; 70 a fault in kgen; 130 interrupted, or not agreed to.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from kgen_apply import apply, hosts
from kgen_apply.errors import ApplyError, UsageError
from kgen_apply.report import Report
from kgen_apply.tree import Tree, load

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.command("apply", context_settings=_SETTINGS)
@click.argument("tree", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--host",
    "given",
    multiple=True,
    metavar="NODE=[USER@]ADDRESS[:PORT]",
    help="Where a node is; else at its address in the tree.",
)
@click.option("--node", "nodes", multiple=True, metavar="NAME", help="Only this node of the tree; may be repeated.")
@click.option("--local", is_flag=True, help="The node is this machine.")
@click.option("--ssh-config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="For ssh -F.")
@click.option(
    "--server", default="", metavar="URL", help="Where the API server is reached, if not where admin.conf says."
)
@click.option("--only", type=click.Choice(["files", "objects"]), help="Only the hosts, or only the API.")
@click.option(
    "--phase", "phases", multiple=True, metavar="NAME", help="Only this phase of kubeadm init; may be repeated."
)
@click.option("--skip-phases", multiple=True, metavar="NAME", help="Leave this phase out; may be repeated.")
@click.option(
    "--ignore-preflight-errors",
    "ignored",
    multiple=True,
    metavar="IDS",
    help="Take these for warnings; all for all but OtherCluster.",
)
@click.option("--take-conflicts", is_flag=True, help="Take over fields of objects that others manage.")
@click.option(
    "--dry-run", is_flag=True, help="Show the plan and change nothing; exit code 1 if there is something to change."
)
@click.option(
    "--check", is_flag=True, help="The same as a check for drift: the cluster has to be there to be compared."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def apply_command(tree: Path, **options: Any) -> int:
    """Put a rendered TREE (a directory or a tar archive) on its hosts and into its cluster.

    Shows what would change, asks, and then does that. Hosts are reached by your own ssh, whose host keys are always
    checked; who is not root there needs sudo without a password.
    """
    if options["output"] == "json" and not (options["yes"] or options["dry_run"] or options["check"]):
        raise UsageError("--output json cannot ask; add --yes, --dry-run or --check")
    report = Report(options["output"])
    try:
        return _apply(tree, options, report)
    except ApplyError as error:
        report.clear()
        if options["output"] == "json":
            report.end("failed", str(error))
        raise


def _apply(source: Path, options: dict[str, Any], report: Report) -> int:
    tree = load(source)
    chosen = hosts.choose(tree.nodes, options["nodes"], options["given"], options["local"])
    _known(tree, (*_names(options["phases"]), *_names(options["skip_phases"])))
    mode = "check" if options["check"] else "dry-run" if options["dry_run"] else "apply"
    settings = apply.Options(
        ssh_config=options["ssh_config"],
        server=options["server"],
        only=options["only"] or "",
        phases=_names(options["phases"]) or None,
        skip_phases=_names(options["skip_phases"]),
        ignored=_names(options["ignored"]),
        take_conflicts=options["take_conflicts"],
        mode=mode,  # type: ignore[arg-type] # one of the three
    )

    def agreed() -> bool:
        if options["yes"]:
            return True
        click.confirm("Change this?", abort=True, err=True)
        return True

    changed = apply.run(tree, chosen, settings, report, agreed)
    report.end(("applied" if mode == "apply" else "something would change") if changed else "nothing to change")
    return 1 if changed and mode != "apply" else 0


def _known(tree: Tree, names: tuple[str, ...]) -> None:
    phases = {file.phase for file in tree.files} | {item.phase for item in tree.objects}
    known = sorted(phases | {phase.partition("/")[0] for phase in phases})
    for name in names:
        if name not in known:
            raise UsageError(f"the tree has nothing of a phase {name}; it has {', '.join(known)}")


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def main() -> NoReturn:
    """Run kgen-apply and exit; a user sees sentences, never a traceback."""
    sys.exit(run(sys.argv[1:], "kgen-apply"))


def run(arguments: list[str], program: str) -> int:
    """Run it with these arguments: `reset …` is the command reset, everything else is apply."""
    if arguments[:1] == ["reset"]:
        from kgen_apply.reset import command  # noqa: PLC0415 (only for this)

        return _guarded(command, arguments[1:], f"{program} reset")
    return _guarded(apply_command, arguments, program)


def _guarded(command: click.Command, arguments: list[str], program: str) -> int:
    try:
        code = command.main(arguments, prog_name=program, standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{program}: interrupted; run it again to see what is left to do", err=True)
        return 130
    except BrokenPipeError:
        return 1
    except ApplyError as error:
        click.echo(f"{program}: {error}", err=True)
        return error.exit_code
    except Exception as error:
        traceback = error.__traceback__
        while traceback and traceback.tb_next:
            traceback = traceback.tb_next
        place = f"{traceback.tb_frame.f_globals.get('__name__')}:{traceback.tb_lineno}" if traceback else "?"
        click.echo(f"{program}: internal fault, please report: {type(error).__name__} at {place}", err=True)
        return 70
    return code if isinstance(code, int) else 0
