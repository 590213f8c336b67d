"""Reports: the answers of `insights`, with what they rest on, for programs and for paper.

    ground           the data of a report: days of the ledger, a log, or tables, each with its hash
    gathering        a ground from the days of an office
    reading          a log or a table on its own, without an engine
    report           an answer, with everything it rests on beside it
    hours, …         one module a report: what is asked, the answer, and how it is told
    kinds            all of them
    page             one printable page with its picture (telling, picture, timeline)
    writing          JSON, CSV, text, the page

The same data gives the same bytes.
"""
