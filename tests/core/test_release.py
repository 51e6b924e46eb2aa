"""Letting go of many records: all of them go, at once where nobody has them and not before."""

import weakref

from model_manager.core.release import FEW, let_go


class Record:
    pass


def test_all_go_but_what_somebody_has() -> None:
    kept = Record()
    listed: list[Record] = [kept, *(Record() for _ in range(3 * FEW))]
    by_name = {number: Record() for number in range(FEW)}
    lost = [weakref.ref(record) for record in (*listed[1:], *by_name.values())]
    let_go(listed, by_name, [])
    assert not listed and not by_name and not any(one() for one in lost)
    assert isinstance(kept, Record)
