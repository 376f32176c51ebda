"""The process `stream`: replies sent to clients while they are written."""
