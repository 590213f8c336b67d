#!lua
--[[ HINT: write down what a visitor answered to "this can be had without a visit".
  KEYS     the hall
  ARGV     service procedure answer
  Returns  {}
  Appends  HintAnswered
  Cost     O(1) ]]
-- include: hall

local early = opening()
if early then
  return early
end

record({
  type = 'HintAnswered',
  service = command.service,
  procedure = command.procedure,
  answer = command.answer,
  date = head.date,
})
return answer('{"ahead":null}')
