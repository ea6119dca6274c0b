--[[
  Stores results outside of a settlement (of what was removed, or crashed too often).

  KEYS  1 results channel (names the queue's slot)
  ARGV  1 base ("prefix:{queue}:")  2... id, time to live (ms), result, ...
  Reply 1
]]
--- @include "store_results"

store_results(ARGV[1], 2, (#ARGV - 1) / 3)
return 1
