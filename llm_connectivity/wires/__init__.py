"""What goes over the wire, one module or folder per wire: pure, without any I/O."""
