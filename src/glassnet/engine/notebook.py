"""How a network is shown in a notebook."""

from __future__ import annotations

from glassnet.utils.keywords import AdvisesOnNames

__all__ = ["ShownInNotebooks"]


class ShownInNotebooks(AdvisesOnNames):
    """Base of networks: what a notebook shows is opened when it is asked for."""

    def _repr_html_(self) -> str:
        from glassnet.engine.network_html import network_html

        return network_html(self)
