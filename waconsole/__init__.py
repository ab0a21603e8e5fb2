"""waconsole: a terminal operator console for WhatsApp communities and shops."""

__version__ = "0.1.0"
