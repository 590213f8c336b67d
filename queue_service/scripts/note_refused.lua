#!lua
--[[ NOTE_REFUSED: note that somebody was not let in under a name that there is.
  KEYS     access
  ARGV     name office
  Returns  {}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

note('sign_in_refused', command.name)
return '{}'
