"""How answers look: plain documents (`document`), terminal text (`text`, the only user of rich), charts, files."""
