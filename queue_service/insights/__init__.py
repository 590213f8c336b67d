"""The questions a city asks before and after it reforms its counters, one pure module each.

    week             hours of a week, as somebody proposes them
    arrivals         when visitors came, by minute or by counted interval
    resampling       how far a share of visitors could be off by chance
    reception_hours  would shorter hours still receive most visitors?
    ranking          loads in the order of their hours, and which could change places
    reform_priority  which procedures take the most time, and how sure is that order?
    work             what visitors came for, and how long each stage of it took

They know neither engine nor network: the API, the command line and the pages only ask and show.
"""
