"""A file of lines in, the same file with its answers out. A line's way:

    files/    bytes -> record batches of text and numbers                      (sources)
    cells/    each DISTINCT value -> a number: goods, group of origins,
              epoch, facts; amounts -> whole parts of a cent                    (reader, values)
    classes/  (group, goods, epoch, facts) -> the number of a class;
              an empty cell asks `law.engine` once                              (classes)
    classes/  the class -> columns of the answer; value and quantity -> cents  (outcomes, duties)
    files/    -> written aside, renamed when whole                              (sinks, manifest)

Lines that are equal in law are one class, so the engine answers a few thousand questions however
long the file is, and bulk has no law of its own. Numbers below zero are refusals: they stand for
the reason why a line asks no question.

Other doors to the same way: `frame` (a table in memory, `tariffcli.rate_lines`) and `spark/` (many
machines). `entries/` holds the answers against what was filed and paid; `means/` averages them.
`memory` is settled before numpy is loaded.

`job` stands above all: a file or a folder from its opening to its manifest, as `tariff bulk` and
Python ask for it.

A room imports itself and the floors below it:

    job
    entries  means
    files    spark
    frame
    cells
    classes
    memory
"""
