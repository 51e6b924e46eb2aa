"""Many new models at once stand where single ones would."""

import random

import pytest

from model_manager.core.library.arrange import FEW, SORTS, Arrangement
from model_manager.core.library.query import parse
from model_manager.core.library.rows import Row, plain_row
from model_manager.core.library.shelf import Shelf


def some_rows(chance: random.Random, first: int, count: int) -> list[Row]:
    names = [f"{chance.choice('abC')}{chance.randrange(40)}.safetensors" for _ in range(count)]
    return [
        plain_row(first + i, 1, name, chance.choice(("loras", "vae")), chance.randrange(5), chance.randrange(5), float(chance.randrange(5)))
        for i, name in enumerate(names)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_many_new_models_stand_where_a_fresh_sort_puts_them(seed: int) -> None:
    chance = random.Random(seed)
    arrangement = Arrangement(Shelf())
    arrangement.set_order(chance.choice(SORTS), chance.random() < 0.5, "none")
    arrangement.put(some_rows(chance, 1, 20))
    arrangement.set_query(parse(chance.choice(("", "a", "1", "type:lora", "-b"))))
    for first in (100, 200, 300):
        arrangement.put(some_rows(chance, first, chance.choice((1, FEW, FEW + 1, 60))))
        if chance.random() < 0.5:
            arrangement.drop([first, 3])
        shown = list(arrangement.slots)
        fresh = Arrangement(arrangement.shelf)
        fresh.set_order(arrangement.sort, arrangement.is_descending, "none")
        fresh.set_query(arrangement.query)
        fresh.refill()
        assert shown == list(fresh.slots)
