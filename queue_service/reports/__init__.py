"""Reports: the answers of `insights`, with what they rest on, for programs and for paper.

    ground           the data of a report: days of the ledger, a log, or counts, each with its hash
    reading          a log or a table of counts on its own, without an engine
    asking           what is asked of which ground: one function a report
    page             one printable page with its picture

The same data gives the same bytes.
"""
