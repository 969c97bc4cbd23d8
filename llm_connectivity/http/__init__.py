"""HTTP below the vendor SDKs: connections that keep limits, and hide keys."""
