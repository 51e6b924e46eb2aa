"""Everything of the window that has to do with tidying up: its desks, their pages, menu entries and keys.

Made by the main window, which gives it its parts once. Each desk wires one concern to its half in bridge.
"""

from PySide6.QtCore import QObject

from model_manager.bridge.orders import Orders
from model_manager.ui.own.desk import OwnDesk
from model_manager.ui.places.desk import PlacesDesk
from model_manager.ui.places.space_desk import SpaceDesk
from model_manager.ui.tidy.asking_desk import AskingDesk
from model_manager.ui.tidy.backup_desk import BackupDesk
from model_manager.ui.tidy.health_desk import HealthDesk
from model_manager.ui.tidy.orders_desk import OrdersDesk
from model_manager.ui.tidy.parts import Parts as Parts
from model_manager.ui.tidy.past_desk import PastDesk
from model_manager.ui.tidy.twins_desk import TwinsDesk


class TidyDesk(QObject):
    """The desks of one window."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self.orders = Orders(parts.session, self)
        self.orders_desk = OrdersDesk(parts, self.orders)
        for noted in (parts.pictures.noted, parts.session.details.noted):
            noted.connect(self.orders.tell)
        self.asking = AskingDesk(parts, self.orders_desk)
        self.own = OwnDesk(parts, self.orders, self.orders_desk.open)
        self.own.plan_from_asked.connect(self.orders_desk.plan_from)
        self.own.names_desk.more_drops = self.asking.drop_on
        self.own.works.convert = self.asking.convert
        self.backup = BackupDesk(parts, self.orders_desk)
        self.twins = TwinsDesk(parts, self.orders)
        self.past = PastDesk(parts, self.orders_desk)
        self.health = HealthDesk(parts, self.orders_desk)
        self.places = PlacesDesk(parts)
        self.places.plan_asked.connect(self.orders.plan)
        self.places.plan_from_asked.connect(self.orders_desk.plan_from)
        for ended in (self.orders.carried, self.orders.undone):
            ended.connect(self.places.places.follow)
        self.space = SpaceDesk(parts, self.places.places)
