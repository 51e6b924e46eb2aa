"""The words of the drop sheet: chips for a plan and a report, how far it is, how it ended. Pure; used by drop_in and the drop desk."""

from collections import Counter
from collections.abc import Iterator, Sequence

from model_manager.bridge.intake import Need, Plan, Report
from model_manager.core.amounts import size_text
from model_manager.core.words import tr, trn

Chip = tuple[str, str]


def chips_of_plan(plan: Plan, rows: Sequence[int], moves: bool, wanted: Sequence[Need]) -> Iterator[Chip]:
    """Yield (text, tone) of what a plan comes to."""
    states = Counter(line.state for line in plan.lines)
    if rows:
        yield (tr("{count} to move") if moves else tr("{count} to copy")).format(count=f"{len(rows):,}"), ""
    kept = sum(plan.lines[row].state == "both" for row in rows)
    texts = (
        (kept, tr("{count} keep both", count=kept), "warn"),
        (states["here"], tr("{count} already here", count=states["here"]), ""),
        (states["twice"], tr("{count} twice", count=states["twice"]), ""),
        (states["ask"] + states["stuck"], tr("{count} without a folder", count=states["ask"] + states["stuck"]), "warn"),
        (states["damaged"], tr("{count} damaged", count=states["damaged"]), "bad"),
    )
    yield from ((text, tone) for count, text, tone in texts if count)
    if rows:
        yield size_text(sum(plan.lines[row].size for row in rows)), ""
    if wanted and not any(need.wanted for need in wanted):
        yield tr("same drive, no copying"), ""
    elif len(wanted) == 1:
        yield tr("{size} free", size=size_text(wanted[0].free)), ""


def chips_of_report(report: Report) -> Iterator[Chip]:
    """Yield (text, tone) of what became of it."""
    done, failed, stopped = report.count("done"), report.count("failed"), report.count("stopped")
    texts = (
        (done, tr("{count} moved", count=done) if report.moves else tr("{count} copied", count=done), "ok"),
        (report.here, tr("{count} already here", count=report.here), ""),
        (failed, tr("{count} failed", count=failed), "bad"),
        (stopped, tr("{count} stopped", count=stopped), "warn"),
        (done, size_text(sum(outcome.size for outcome in report.outcomes if outcome.state == "done")), ""),
    )
    yield from ((text, tone) for count, text, tone in texts if count)


def report_title(report: Report) -> str:
    """What became of it, in a sentence."""
    done, failed = report.count("done"), report.count("failed")
    added = trn("{count} model was added", "{count} models were added", done)
    if report.is_stopped:
        return tr("Stopped: {added}", added=added)
    return tr("{added}, {failed} failed", added=added, failed=failed) if failed else added


def progress_text(done: int, total: int, seconds: float, number: str) -> str:
    """How far it is: "2/10 · 4.1 GB of 14.2 GB · about 2 minutes left". Bytes count twice: written and read back."""
    text = tr("{number} · {done} of {total}", number=number, done=size_text(done // 2), total=size_text(total // 2))
    if seconds < 3 or not done:
        return text
    left = seconds * (total - done) / done
    if left < 60:
        rest = tr("less than a minute left")
    elif left < 5400:
        rest = trn("about {count} minute left", "about {count} minutes left", round(left / 60))
    else:
        rest = trn("about {count} hour left", "about {count} hours left", round(left / 3600))
    return f"{text} · {rest}"
