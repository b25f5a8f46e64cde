"""The plan of a large disaster is made while somebody waits for it."""

import pytest

from bench.allocation import Size, plan_once

TARGET_S = 10


@pytest.mark.parametrize("scarce", [False, True], ids=["plenty", "scarce"])
def test_a_thousand_requests_over_forty_warehouses_are_planned_in_ten_seconds(*, scarce: bool) -> None:
    """30,000 lines, each with a way, a reason and, where goods are scarce, a share; CPU time, for others work too."""
    planned = plan_once(Size(), scarce=scarce)
    assert planned.cpu_s < TARGET_S
    assert planned.lines == 30_000
    assert planned.picks >= planned.lines - 1_000
    assert (planned.shared > 0) is scarce
