"""What the last search for duplicates found, as far as it still holds: files that went or changed since are left out.

Called when the page is shown and after anything was changed. It looks at the members only and reads no file.
"""

import os
from dataclasses import replace
from pathlib import Path

from model_manager.core.library.index import Index
from model_manager.core.twins.grouping import suggestion
from model_manager.core.twins.linking import trouble
from model_manager.core.twins.records import ONE_FILE, Found, Group, Member
from model_manager.core.twins.store import Store
from model_manager.core.work import Work


def last_result(data: Path, index: Path, work: Work) -> Found:
    """Return what is left of the last result; an empty one without a time when there was none. Raises IndexFault, Cancelled."""
    with Store(data) as store:
        found = store.result()
    with Index(index) as opened:
        groups = [group for one in found.groups if (group := _still(one, opened, work)) is not None]
    groups.sort(key=lambda group: (-group.to_win, group.key))
    return replace(found, groups=tuple(groups))


def _still(group: Group, index: Index, work: Work) -> Group | None:
    work.check()
    members = tuple(one for member in group.members if (one := _member(member, index)) is not None)
    if len(members) < (1 if group.sort == ONE_FILE else 2):
        return None
    if members == group.members:
        return group
    keep, why = suggestion(members, group.sort) if group.keep else (0, "")
    return replace(group, members=members, keep=keep, why=why)


def _member(member: Member, index: Index) -> Member | None:
    """A member with the id it has now; None when it is not what it was."""
    id_ = index.id_at(*os.path.split(member.real))
    if id_ is None or trouble(member):
        return None
    return member if id_ == member.id else replace(member, id=id_)
