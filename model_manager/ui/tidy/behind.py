"""The sheet behind a plan: what was put together in it comes back, as it was left, unless the plan is carried out.

Made by the orders' desk, which says when a plan is shown. It knows nothing of what the sheet is about.
"""

from functools import partial

from PySide6.QtCore import QObject
from shiboken6 import isValid

from model_manager.bridge.order_words import Make
from model_manager.bridge.orders import Order, Orders
from model_manager.core.journal.steps import ACT_DONE, Plan, Report
from model_manager.ui.sheet import Sheet


class Behind(QObject):
    """At most one sheet, while its plan is made, looked at, or carried out."""

    def __init__(self, orders: Orders, parent: QObject) -> None:
        super().__init__(parent)
        self._orders = orders
        self._sheet: Sheet | None = None
        self._plan: Plan | None = None  # the one that is shown, later carried out
        self._is_looked_at = False
        orders.failed.connect(self._on_failed)
        orders.began.connect(self._on_began)
        orders.carried.connect(self._on_carried)

    def plan(self, sheet: Sheet, make: Make) -> None:
        """Have a plan made of what a sheet says; it takes nothing in meanwhile."""
        self._sheet, self._plan, self._is_looked_at = sheet, None, False
        sheet.finished.connect(partial(self._on_finished, sheet))
        sheet.set_waiting(True)
        self._orders.plan(make)

    def step_back(self, plan: Plan) -> Sheet | None:
        """Hide the sheet, as its plan is there; returns it, None for a plan that was made of no sheet."""
        if self._sheet is not None:
            self._plan, self._is_looked_at = plan, True
            self._sheet.hide()
        return self._sheet

    def bring_back(self) -> None:
        """The plan was not made, not wanted, or could not be begun."""
        sheet, self._sheet = self._sheet, None
        if sheet is not None and isValid(sheet):
            sheet.set_waiting(False)
            sheet.open()

    def _on_began(self, order: Order) -> None:
        self._is_looked_at = self._is_looked_at and not self._is_ours(order.title)

    def _on_failed(self) -> None:
        """It could not be planned or begun; what fails while it is looked at is something else, such as a list that cannot be saved."""
        if not self._is_looked_at:
            self.bring_back()

    def _is_ours(self, title: str) -> bool:
        return self._sheet is not None and self._plan is not None and self._plan.title == title

    def _on_carried(self, report: Report) -> None:
        if self._sheet is None or not self._is_ours(report.title):
            return
        if report.count(ACT_DONE) and isValid(self._sheet):
            self._sheet.accept()
        else:
            self.bring_back()

    def _on_finished(self, sheet: Sheet, _: int) -> None:
        """It was carried out, or closed while the plan was made."""
        if self._sheet is sheet:
            self._sheet = None
            self._orders.drop_plan()
