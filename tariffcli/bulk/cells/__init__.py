"""From the cells of a file to numbers: goods, groups of origins, days, facts and amounts."""
