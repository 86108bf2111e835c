-- Plain GETs of connections that wait at random between them, so that they come spread out and not in step.
-- arguments: pause before each request, ms; it is between none and twice as long
require "report"

local random = math.random
local pause = 0

function init(args)
  pause = tonumber(args[1])
end

function delay()
  return random(0, 2 * pause)
end
