"""A service has the same rights on the broker of the containers as on the box's."""

import re
from pathlib import Path

from tanggap.box.valkey import service_rule

SCRIPT = Path(__file__).parents[2] / "deploy" / "redis.sh"


def test_the_containers_broker_gives_a_service_what_the_box_gives_it() -> None:
    """The rule stands twice, since a container's shell reads no Python; both are the same to the letter."""
    found = re.search(r"printf '(user .*)\\n' \"\$1\" \"\$2\" \"\$1\"", SCRIPT.read_text())
    assert found is not None
    assert found[1] % ("logistics", "secret", "logistics") == (
        f"user logistics on >secret {service_rule('logistics', 'secret').rules}"
    )
