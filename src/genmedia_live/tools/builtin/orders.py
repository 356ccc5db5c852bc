"""A demonstration: four invented orders of a shop that does not exist. Nothing is stored beyond this process."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from genmedia_live.tools import ToolError, tool

RETURN_DAYS = 30
"""So long after its delivery an order can be returned."""

Status = Literal["in preparation", "on its way", "delivered"]


@dataclass(frozen=True, slots=True)
class Order:
    """An invented order."""

    status: Status
    items: tuple[str, ...]
    total: str
    placed_days_ago: int
    arrives_in_days: int
    """Negative: it was delivered so many days ago."""

    @property
    def returnable(self) -> bool:
        """Whether it has been delivered, and not too long ago."""
        return -RETURN_DAYS <= self.arrives_in_days <= 0 and self.status == "delivered"


ORDERS = {
    "1042": Order("on its way", ("Alpine tent", "two sleeping mats"), "249 dollars", 4, 2),
    "1043": Order("delivered", ("Trail shoes, size 42",), "119 dollars", 12, -5),
    "1044": Order("in preparation", ("Headlamp", "pack of batteries"), "54 dollars", 1, 6),
    "1045": Order("delivered", ("Camping stove",), "89 dollars", 80, -71),
}
"""Number -> order."""


@dataclass(slots=True)
class Returns:
    """The returns that were opened, at most one an order."""

    opened: dict[str, str] = field(default_factory=dict)

    def open(self, number: str) -> str:
        """The number of the order's return."""
        return self.opened.setdefault(number, f"R-{number}")


RETURNS = Returns()


@tool
def look_up_order(number: str) -> dict[str, object]:
    """Look up an order of the shop: what is in it, its status and its day of delivery.

    Args:
        number: The number of the order, four digits such as 1042.
    """
    number, order = _order(number)
    day = date.today() + timedelta(days=order.arrives_in_days)
    return {
        "number": number,
        "status": order.status,
        "items": order.items,
        "total": order.total,
        "placed": f"{date.today() - timedelta(days=order.placed_days_ago):%A, %d %B}",
        "delivered" if order.status == "delivered" else "arrives": f"{day:%A, %d %B}",
        "can be returned": order.returnable,
    }


@tool
def open_return(number: str, reason: str) -> dict[str, str]:
    """Open the return of a delivered order, once the customer has said why.

    Args:
        number: The number of the order, four digits such as 1042.
        reason: Why the customer sends it back.
    """
    number, order = _order(number)
    if not order.returnable:
        raise ToolError(
            f"Order {number} can't be returned: only within {RETURN_DAYS} days after its delivery. It is {order.status}."
        )
    return {"return": RETURNS.open(number), "number": number, "next": "You get a label by mail within a day."}


def _order(number: str) -> tuple[str, Order]:
    digits = re.sub(r"\D", "", number)
    if digits not in ORDERS:
        raise ToolError(f"There is no order {number[:20]}. Please say its number once more.")
    return digits, ORDERS[digits]
