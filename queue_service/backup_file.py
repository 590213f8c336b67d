"""A backup file that somebody gives us, read and believed in nothing.

It may be damaged, or made to harm: a name in it that leads out of its folder, a member that unpacks to a
thousand times its size, entries that make no sense. Nothing is unpacked to where a name says, and nothing
is written by this module. It knows no engine.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from queue_service import events, keys
from queue_service.access import held
from queue_service.audit import Line, order
from queue_service.backup import (
    AUDIT,
    CONFIGURATION,
    ELSEWHERE,
    FIGURES,
    FORMAT,
    MANIFEST,
    PIECE,
    BackupDamaged,
    Manifest,
    Settings,
    import_of,
    ledger_of,
)
from queue_service.events import Entry
from queue_service.hall import NONSENSE, Hall
from queue_service.office_files import office_from_json
from queue_service.office_rules import is_id
from queue_service.people import decoded

LINE_BYTES = 1 << 20  # an entry has some hundred
MANIFEST_BYTES = 16 << 20  # some hundred for each import
# Entries are packed into a twentieth. What unpacks to more than so many times its size was made to.
MOST_UNPACKED, UNJUDGED_BYTES = 200, 1 << 20

LAST_NOTE = (1 << 63, 0)  # the engine's ids have 64 bits

_IMPORT = re.compile("[0-9a-f]{16}")

# What reading a damaged zip, or adding up entries that make no sense, may raise. Of the system's: a zip
# that is encrypted, or that nests too deep.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    msgspec.MsgspecError,
    RuntimeError,
    *NONSENSE,
)


class EntryLine(Struct):
    """One entry as it lies in the file; its event keeps its bytes."""

    id: int
    event: msgspec.Raw


_line = msgspec.json.Decoder(EntryLine)
_note = msgspec.json.Decoder(Line)


class Backup:
    """A backup file that was read through and found whole."""

    def __init__(self, file: Path) -> None:
        """Check every name, every hash and every entry.

        Raises:
            BackupDamaged
        """
        self.file = file
        self.halls: dict[str, Hall] = {}
        if file.exists() and not file.is_file():  # a device may have no end
            raise self._damaged("it is no file")
        try:
            with zipfile.ZipFile(file) as archive:
                self.manifest = self._read_manifest(archive)
                for name, expected in self.manifest.sha256.items():
                    if self._sha256(archive, name) != expected:
                        raise self._damaged(f"{name} is not what was written")
                with self._open(archive, CONFIGURATION) as stream:
                    self.settings = msgspec.json.decode(stream.read(), type=Settings)
                self._check_names()
                self._check_notes()
                self._check_access()
                for office, until in self.manifest.entries.items():
                    self.halls[office] = self._add_up(archive, office, until)
                    self._check_definition(office)
        except _UNREADABLE as error:
            raise self._damaged(f"it is no whole backup ({error})") from error
        except OSError as error:
            raise self._damaged(error.strerror or str(error)) from error

    def _damaged(self, reason: str) -> BackupDamaged:
        return BackupDamaged(file=self.file, reason=reason)

    def _open(self, archive: zipfile.ZipFile, name: str) -> IO[bytes]:
        """A member, unless it unpacks to much more than it is. None gives more than it announces."""
        member = archive.getinfo(name)
        if member.file_size > max(UNJUDGED_BYTES, MOST_UNPACKED * member.compress_size):
            raise self._damaged(f"{name} unpacks to more than {MOST_UNPACKED} times its size")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self._damaged(f"{name} is not packed as we do")
        return archive.open(member)

    def _read_manifest(self, archive: zipfile.ZipFile) -> Manifest:
        with self._open(archive, MANIFEST) as stream:
            raw = stream.read(MANIFEST_BYTES)
        made_as = msgspec.json.decode(raw, type=dict[str, Any]).get("format")
        if made_as != FORMAT:
            raise self._damaged(f"it has format {made_as}, this version reads format {FORMAT}")
        manifest = msgspec.json.decode(raw, type=Manifest)
        if not {CONFIGURATION, *map(ledger_of, manifest.entries)} <= manifest.sha256.keys():
            raise self._damaged("its members are not those it should have")
        return manifest

    def _check_names(self) -> None:
        """Let no name through that becomes a file or a key and is none of ours."""
        if self.settings.offices.keys() != self.manifest.entries.keys():
            raise self._damaged("its offices are not those it should have")
        for office, configuration in self.settings.offices.items():
            if not is_id(office):
                raise self._damaged(f"{office!r} is no id of an office")
            if others := configuration.elsewhere.keys() - {*ELSEWHERE, FIGURES}:
                raise self._damaged(f"{office} has {min(others)!r}, which is no part of a backup")
            for id in configuration.elsewhere.get("imports", {}):
                if not _IMPORT.fullmatch(id):
                    raise self._damaged(f"{id!r} is no id of an import")

    def _check_notes(self) -> None:
        """Each is as it should be, and each log in order."""
        last: dict[str, tuple[int, int]] = {}
        for line in self.audit():
            if not last.get(line.key, (0, 0)) < order(line.id) < LAST_NOTE:
                raise self._damaged(f"the notes of {line.key} are out of order")
            last[line.key] = order(line.id)

    def _check_access(self) -> None:
        """Whoever lists keys or people can read each."""
        for id, stored in self.settings.keys.items():
            if held(stored).id != id:
                raise self._damaged(f"the key {id!r} is another one")
        for name, stored in self.settings.people.items():
            if decoded(stored).name != name:
                raise self._damaged(f"the person {name!r} is another one")

    def _add_up(self, archive: zipfile.ZipFile, office: str, until: int) -> Hall:
        start = self.settings.offices[office].start
        hall = Hall.decoded(start["hall"]) if start else Hall()
        for line in self._lines(archive, office):
            if line.id != hall.seq + 1:
                raise self._damaged(f"entry {hall.seq + 1} of {office} is missing")
            hall.apply(Entry(line.id, events.decode(bytes(line.event))))
        if hall.seq != until:
            raise self._damaged(f"the entries of {office} end at {hall.seq}, not {until}")
        return hall

    def _check_definition(self, office: str) -> None:
        """Everything else stands on the definition in force."""
        found = self.settings.offices[office].definitions.get(str(self.halls[office].version))
        if found is None or office_from_json(found.encode()).id != office:
            raise self._damaged(f"the definition of {office} is not there")

    def imports(self, office: str) -> Iterator[tuple[str, IO[bytes]]]:
        """The imports of an office whose rows are in the backup: id, and the file."""
        with zipfile.ZipFile(self.file) as archive:
            for id in self.settings.offices[office].elsewhere.get("imports", {}):
                if import_of(office, id) in self.manifest.sha256:
                    with self._open(archive, import_of(office, id)) as rows:
                        yield id, rows

    def audit(self) -> Iterator[Line]:
        """The notes of the audit log."""
        known = {keys.AUDIT, *(keys.of(office, "audit") for office in self.manifest.entries)}
        with zipfile.ZipFile(self.file) as archive:
            if AUDIT not in self.manifest.sha256:  # older backups have none
                return
            for raw in self._raw_lines(archive, AUDIT):
                line = _note.decode(raw)
                if line.key not in known:
                    raise self._damaged(f"{line.key!r} is no key of the audit log")
                yield line

    def pieces(self, office: str) -> Iterator[list[EntryLine]]:
        """The entries of an office, some at a time."""
        with zipfile.ZipFile(self.file) as archive:
            piece: list[EntryLine] = []
            for line in self._lines(archive, office):
                piece.append(line)
                if len(piece) == PIECE:
                    yield piece
                    piece = []
            if piece:
                yield piece

    def _sha256(self, archive: zipfile.ZipFile, name: str) -> str:
        with self._open(archive, name) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]

    def _lines(self, archive: zipfile.ZipFile, office: str) -> Iterator[EntryLine]:
        for raw in self._raw_lines(archive, ledger_of(office)):
            yield _line.decode(raw)

    def _raw_lines(self, archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
        with self._open(archive, name) as stream:
            yield from iter(lambda: stream.readline(LINE_BYTES), b"")
