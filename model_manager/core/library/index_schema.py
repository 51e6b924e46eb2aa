"""The tables of the index, and how those of an older version become those of this one without another first scan.

Used by index alone. Plain SQL: nothing here opens anything.
"""

from typing import Final

from model_manager.core.library.rows import Row

VERSION: Final = 3
ROW: Final = ", ".join(Row._fields)
MODEL: Final = ROW + ", beside, file_id, is_read, places, gone"
"""Columns are always named: an index that was made by an older version has them in another order."""
MARKS: Final = ", ".join("?" * (len(Row._fields) + 5))

# where models go that cannot be known again by their file: what the next scan finds at path is the model with this id
_TOLD = "CREATE TABLE told (path TEXT PRIMARY KEY, id INTEGER, time REAL) WITHOUT ROWID;"

_SCHEMA = f"""
CREATE TABLE roots (place INTEGER PRIMARY KEY, kind TEXT, path TEXT, source TEXT, grouped TEXT);
CREATE TABLE folders (id INTEGER PRIMARY KEY, path TEXT UNIQUE, mtime_ns INTEGER, device INTEGER,
    signature BLOB, quick BLOB, models TEXT, ways TEXT);
CREATE TABLE models ({ROW.replace("id,", "id INTEGER PRIMARY KEY,", 1)},
    beside INTEGER, file_id TEXT, is_read INTEGER, places TEXT, gone REAL);
CREATE INDEX models_of_folder ON models (folder);
CREATE INDEX models_by_name ON models (natural) WHERE gone IS NULL;
CREATE TABLE known (id INTEGER PRIMARY KEY, facts TEXT, details TEXT, sidecars TEXT, previews TEXT);
{_TOLD}"""

# to version 2: the own order; of it only ratings were read before
_FROM_1 = """
ALTER TABLE models ADD COLUMN rating DEFAULT 0;
ALTER TABLE models ADD COLUMN colour DEFAULT '';
ALTER TABLE models ADD COLUMN collections DEFAULT '';
ALTER TABLE models ADD COLUMN category DEFAULT '';
ALTER TABLE models ADD COLUMN own_group DEFAULT '';
UPDATE models SET rating = (SELECT COALESCE(json_extract(details, '$.rating'), 0) FROM known WHERE known.id = models.id)
    WHERE id IN (SELECT id FROM known WHERE instr(details, '"rating":'));
"""

# to version 3: what was told to be damaged by a reader that has been mended since (archives of PyTorch) is read once more
_FROM_2 = f"""
{_TOLD}
UPDATE models SET is_read = 0 WHERE id IN (SELECT id FROM known WHERE instr(facts, '"verdict":'));
UPDATE folders SET mtime_ns = 0, signature = CAST('again' AS BLOB)
    WHERE signature <> x'' AND id IN (SELECT folder FROM models WHERE NOT is_read)
"""


def statements(version: int) -> list[str]:
    """Return the statements that make the tables of this version out of those of `version`, 0 for an empty file."""
    steps = {1: _FROM_1 + _FROM_2, 2: _FROM_2}.get(version, _SCHEMA)
    return [text.strip() for text in steps.split(";") if text.strip()]
