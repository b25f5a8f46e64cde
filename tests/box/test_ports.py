"""Ports the box chooses stay its servers' own over restarts."""

import socket
from pathlib import Path

from tanggap.box.process import free_port


def test_a_chosen_port_is_none_that_is_given_to_clients() -> None:
    """Otherwise a client that asks for it again and again could be given it while its server is restarted."""
    first_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(1024 < free_port() < first_given for _ in range(50))


def test_a_taken_port_is_not_chosen() -> None:
    """The preferred port is given while it is free, and another one when it is not."""
    preferred = free_port()
    assert free_port(preferred) == preferred
    with socket.socket() as server:
        server.bind(("127.0.0.1", preferred))
        server.listen()
        assert free_port(preferred) != preferred
