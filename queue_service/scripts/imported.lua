#!lua
--[[ IMPORTED: note that history from elsewhere was taken in.
  KEYS     the hall
  ARGV     import kind rows first last sha256
  Returns  {}
  Appends  Imported
  Cost     O(1) ]]
-- include: hall

local early = opening()
if early then
  return early
end

record({
  type = 'Imported',
  import = command.import,
  kind = command.kind,
  rows = command.rows,
  first = command.first,
  last = command.last,
  sha256 = command.sha256,
})
return answer('{"ahead":null}')
