"""What only development runs; the image holds none of it."""
