"""A stand-in for the library model: any number of made-up cards, with the same questions and signals."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from model_manager.bridge.library_model import Card, PictureKey, Section

NAMES = (
    "juggernautXL_ragnarok", "flux1-dev-fp8", "Detail Tweaker XL", "wan2.2_t2v_high_noise_14B", "ink-wash-v3", "4x-UltraSharp",
    "qwen_image_edit_2509", "old-model.ckpt", "architecture_mix", "Studio light", "watercolor_bg", "controlnet-union-promax",
    "film grain 35mm", "ae.safetensors", "t5xxl_fp8_e4m3fn", "水彩画スタイル", "Ünïcode Näme – with a very long tail that must be cut", "x",
)  # fmt: skip
BASES = ("SDXL 1.0", "Flux.1 D", "SDXL 1.0", "Wan Video 2.2 T2V-A14B", "Pony", "ESRGAN", "Qwen", "SD 1.5", "Illustrious", "")
KINDS = ("Checkpoint", "Diffusion model", "LoRA", "Text encoder", "ControlNet", "Upscaler", "VAE", "Embedding")
SIZES = ("6.6 GB", "11.9 GB", "43 MB", "14.3 GB", "228 MB", "67 MB", "1,023 KB")
BADGES = (("", ""), ("", ""), ("Update", "accent"), ("", ""), ("▶", ""), ("Unsafe pickle", "bad"), ("", ""), ("Copy", "warn"), ("", ""))
COLUMNS = ("Name", "Type", "Base model", "Size", "Modified")
Index = QModelIndex | QPersistentModelIndex


class FakeCards(QAbstractTableModel):
    """Ids stand in `ids`; a card's looks follow from its id."""

    sections_changed = Signal()

    def __init__(self, count: int, pictures: list[PictureKey | None] | None = None, groups: int = 0) -> None:
        super().__init__()
        self.ids = list(range(count))
        self.pictures = pictures or [None]
        self.groups = groups
        self.sorted_by: tuple[int, Qt.SortOrder] | None = None
        self.cards_asked = 0

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.ids)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS)

    def card(self, row: int) -> Card:
        self.cards_asked += 1
        n = self.ids[row]
        name = NAMES[n % len(NAMES)] if n < len(NAMES) else f"{NAMES[n % len(NAMES)]} {n}"
        badge, tone = BADGES[n % len(BADGES)]
        is_away = n % 11 == 9
        if is_away:
            badge, tone = "Away", ""
        kind = KINDS[n % len(KINDS)]
        return Card(n, name, kind.lower(), kind, BASES[n % len(BASES)], SIZES[n % len(SIZES)], badge, tone, n % 7 == 0, is_away,
                    self.pictures[n % len(self.pictures)])  # fmt: skip

    def id_at(self, row: int) -> int:
        return self.ids[row]

    def row_of(self, id: int) -> int:
        try:
            return self.ids.index(id)
        except ValueError:
            return -1

    def sections(self) -> tuple[Section, ...]:
        if not self.groups:
            return ()
        each = -(-len(self.ids) // self.groups)
        return tuple(Section(f"Group {number}", first, min(each, len(self.ids) - first))
                     for number, first in enumerate(range(0, len(self.ids), each)))  # fmt: skip

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            card = self.card(index.row())
            return (card.name, card.kind_label, card.base, card.size_text, "3 days ago")[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 3:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sorted_by = (column, order)

    def show(self, ids: list[int]) -> None:
        self.beginResetModel()
        self.ids = ids
        self.endResetModel()

    def append(self, count: int) -> None:
        first = len(self.ids)
        self.beginInsertRows(QModelIndex(), first, first + count - 1)
        self.ids.extend(range(first, first + count))
        self.endInsertRows()
