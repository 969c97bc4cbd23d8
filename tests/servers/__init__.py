"""The client against servers that nobody here wrote; `tests/servers/run` installs them."""
