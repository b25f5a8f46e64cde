"""The box: command line, embedded servers and supervisor. It knows services by name only, never their rules."""
