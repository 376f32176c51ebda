"""Stand-ins for the vendors: real servers on loopback, each in its own process, that speak the vendor's wire format."""
