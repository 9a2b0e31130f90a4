"""Errors that are meant for the user: one clear sentence each, what, where and what was expected."""


class BookError(Exception):
    """Something that the user can mend; its text is shown as it stands, without a traceback."""


class TableError(BookError):
    """A table cannot be used: it is missing, unreadable or breaks its schema."""


class MeasureError(BookError, ValueError):
    """A measure was asked of figures for which it is not defined."""


class FindingError(BookError):
    """A finding, a claim or a rule is not what ``data/claims.yml`` declares."""


class RunError(BookError):
    """Chapters cannot be run as asked: an unknown chapter, parameter or kind of value."""


class RobustnessError(BookError):
    """A robustness run cannot be made as asked, or its rows cannot be read."""


class BriefError(BookError):
    """Country briefs could not be made though they were asked for rightly; its text lists the failures."""
