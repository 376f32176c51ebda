"""The process `stream`: replies sent to readers as they are written."""
