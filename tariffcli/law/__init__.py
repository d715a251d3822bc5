"""The law as pure functions over immutable values: no clock, no file, standard library only."""
