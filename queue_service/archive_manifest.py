"""What an archive claims to hold, and everything that can be wrong with it.

Pure. A manifest lists segments: sealed days, each with what proves its file. They follow each other
without a gap.
"""

import datetime

from msgspec import Struct

FORMAT = 1


class ArchiveError(Exception):
    """The archive was not written or read; the docstring of each kind is its message."""

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()).format(**facts))


class NoFolderName(ArchiveError):
    """{office!r} cannot name a folder of the archive: an office's id is 1 to 40 letters (a-z, A-Z),
    digits, _ and -, and begins with a letter or digit.
    """


class OtherArchive(ArchiveError):
    """{folder} is the archive of office {found}, and not that of {wanted}. Nothing was changed. Move
    this folder away, or give the data dir that it belongs to (`--data-dir`).
    """


class LaterFormat(ArchiveError):
    """{file} has format {format}, this version reads format {known}: use the version of madoguchi
    that wrote it, or a later one.
    """


class FileMissing(ArchiveError):
    """{file} is missing from the archive. Put it back from a backup or another copy."""


class FileDamaged(ArchiveError):
    """{file} is not what was written: {reason}. Put it back from a backup or another copy."""


class FileUnreadable(ArchiveError):
    """{file} cannot be read: {reason}. Look at its permissions and at the disk."""


class NotWritten(ArchiveError):
    """{file} cannot be written: {reason}. Nothing was lost and nothing is left half done; put that
    right and do it again.
    """


class NotNext(ArchiveError):
    """{date} with the entries {first} to {last} does not follow on the archive in {folder}, which
    ends with entry {end}. Nothing was sealed. If files were sealed after that entry, put them and
    their manifest.json back from a backup or another copy.
    """


class AheadOfEngine(ArchiveError):
    """{folder} holds entries up to {last}, and the engine is not that far: it is that of an earlier
    or another state. Nothing was sealed. Give the engine and the data dir that belong together.
    """


class NotTheEntries(ArchiveError):
    """The entries given for {date} are not entries {first} to {last} of {office}: {reason}. Nothing
    was sealed; run `madoguchi verify --office {office}`.
    """


class EntriesDeleted(ArchiveError):
    """The entries {first} to {last} of {office} ({since} to {until}) were deleted from the archive.
    Read from entry {following} on, or put the data dir back from a backup that still has them.
    """


class NotListed(ArchiveError):
    """The archive in {folder} has no segments {unknown}. Nothing was deleted; look again at what is
    there.
    """


class Segment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sealed day. Instants are milliseconds since the epoch."""

    date: datetime.date
    first: int  # entry ids, both included
    last: int
    rows: int
    sha256: str  # of the file
    bytes: int
    first_at: int  # `at` of the first entry and of the last
    last_at: int
    sealed_at: int
    figures_until: int  # the last entry that the day's figures took in
    deleted_at: int | None = None  # the file is gone, on purpose

    @property
    def kept(self) -> bool:
        """Whether its file should be there."""
        return self.deleted_at is None


class Manifest(Struct, frozen=True, kw_only=True):
    """What an office's archive claims to hold, in order."""

    format: int = FORMAT
    office: str
    dataset: str
    segments: tuple[Segment, ...] = ()

    def flaw(self) -> str | None:
        """The first line that cannot be true."""
        for before, each in zip((None, *self.segments), self.segments, strict=False):
            fits = follows(before, each.date, each.first, each.last)
            if not fits or each.rows != each.last - each.first + 1:
                return f"the line of {each.date} does not fit those before it"
        return None


def follows(before: Segment | None, date: datetime.date, first: int, last: int) -> bool:
    """Whether a segment may come after this one, or as the first."""
    if before is None:
        return 1 <= first <= last  # not the first of all in a data set that was restored
    return date > before.date and first == before.last + 1 <= last
