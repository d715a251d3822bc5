"""How answers look.

`document` makes plain documents, `figures` puts numbers into words, `text` draws on a terminal
(with rich), and each further module belongs to one command or kind of view.
"""
