"""What talks: one thin adapter per vendor, and what each provider is, as data."""
