"""Which group a client belongs to, by its address."""

from __future__ import annotations

import ipaddress
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.errors import InputError
from georep_sim.scenario.trace import ELSE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.draws.sources.log_table import Names

    _Network = ipaddress.IPv4Network | ipaddress.IPv6Network

__all__ = ["ELSE", "ClientGroups"]


class ClientGroups:
    """Groups of clients by ranges of addresses.

    Parameters
    ----------
    ranges : mapping of str to str
        Range (``10.1.0.0/16``, or ``else`` for all others) to group; the narrowest range that holds an address counts.

    Attributes
    ----------
    names : tuple of str
        Groups, in the order of mention.

    Raises
    ------
    InputError
        If a range is none.

    Examples
    --------
    >>> groups = ClientGroups({"10.1.0.0/16": "westeurope", "10.1.9.0/24": "eastus", "else": "northeurope"})
    >>> [groups.names[groups.number(client)] for client in ("10.1.2.3", "10.1.9.1", "c17")]
    ['westeurope', 'eastus', 'northeurope']
    """

    def __init__(self, ranges: Mapping[str, str]) -> None:
        self.names = tuple(dict.fromkeys(ranges.values()))
        networks: list[tuple[_Network, int]] = []
        self._else = -1
        for text, group in ranges.items():
            if text == ELSE:
                self._else = self.names.index(group)
            else:
                networks.append((_network(text), self.names.index(group)))
        # The narrowest first.
        self._networks = sorted(networks, key=lambda one: -one[0].prefixlen)
        self._numbers = np.zeros(0, dtype=np.int32)

    def number(self, client: str) -> int:
        """Return the index of a client's group, -1 if it has none; what is no address belongs to ``else``."""
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return self._else
        for network, group in self._networks:
            if address in network:
                return group
        return self._else

    def numbers(self, clients: Names) -> NDArray[np.int32]:
        """Return the group of each numbered client, shape (n_clients,); always of the same `clients`."""
        new = islice(clients, len(self._numbers), None)
        found = np.fromiter((self.number(client) for client in new), dtype=np.int32)
        if len(found):
            self._numbers = np.concatenate((self._numbers, found))
        return self._numbers


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        msg = f"{text!r} is no range of addresses: {error}; give one such as 10.1.0.0/16, or else"
        raise InputError(msg) from None
