"""The questions a city asks before and after it reforms its counters, one pure module each.

    week             hours of a week, as somebody proposes them
    arrivals         when visitors came, by minute or by counted interval
    resampling       how far a figure could be off by chance
    reception_hours  would shorter hours still receive most visitors?
    items            what visitors came for, month by month
    copies           copies by channel, those counted elsewhere included
    avoidable        which copies and visits could have been had without the counter?
    freed_time       what became of the time that shorter hours freed?
    reform_priority  which procedures take the most time, and how sure is that order?
    before_after     did it change with the reform? (daily, windows, change, percentiles)
    displacement     where those went who came in hours that were cut

They know neither engine nor network: the API, the command line and the pages only ask and show.
"""
