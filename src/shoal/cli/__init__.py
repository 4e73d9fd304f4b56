"""The command line: thin commands over the rooms below; a command imports its room when it is called."""
