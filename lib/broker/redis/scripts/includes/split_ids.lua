-- Ids travel joined: one long argument costs less than a thousand short ones, here and in the client.
local ID_LENGTH = 22
local function split_ids(joined)
  local ids, sub = {}, string.sub
  for i = 1, #joined / ID_LENGTH do ids[i] = sub(joined, (i - 1) * ID_LENGTH + 1, i * ID_LENGTH) end
  return ids
end
