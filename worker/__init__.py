"""What has to be done for an office although nobody touches it: rq jobs, and the schedule for them.

    tend        end the business day, let bookings lapse
    rollup      compute the figures of a business day anew
    archive     seal final days, delete old ones
    waits       learn how long people wait
    survey      look what of this is due at an office
    jobs        which functions are jobs, and the worker that runs them
    schedule    the tick that asks for them
    work        both together in one process

A job does all that is outstanding whenever it runs; asking twice, late or from several machines is
harmless. Nothing depends on the worker for being right: the first touch of a new day ends the old
one.
"""
