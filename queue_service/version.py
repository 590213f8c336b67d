"""The version of this software; the package takes it from here."""

VERSION = "0.1.0"
