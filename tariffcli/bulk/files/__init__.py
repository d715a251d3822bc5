"""Streams of lines in and out: sources, sinks, the run over a file or a folder, the manifest."""
