-- Messages leave their page when they are done, or get a field of their own; the page goes with its last one.

-- Counts what leaves, so that each page is written once a call.
local function new_departures()
  return { counts = {}, totals = {} }
end

local function depart(departures, span)
  local page = sub(span, 1, PAGE_LENGTH)
  departures.counts[page] = (departures.counts[page] or 0) + count_of(span)
  departures.totals[page] = tonumber(sub(span, 25, 26))
end

local function end_departures(keys, departures)
  local empty, parted = {}, {}
  for page, count in pairs(departures.counts) do
    local total = departures.totals[page]
    if count < total then
      count = redis.call('HINCRBY', keys.parted, page, count)
      if count >= total then parted[#parted + 1] = page end
    end
    if count >= total then empty[#empty + 1] = page end
  end
  if #empty > 0 then redis.call('HDEL', keys.messages, unpack(empty)) end
  if #parted > 0 then redis.call('HDEL', keys.parted, unpack(parted)) end
end

-- Gives messages (spans of one) fields of their own: those that wait for a time, are dead, or have a history.
local function move_out(keys, spans, departures)
  local pages = {}
  for i = 1, #spans do
    local span = spans[i]
    if not is_alone(span) then
      local page = sub(span, 1, PAGE_LENGTH)
      pages[page] = pages[page] or redis.call('HGET', keys.messages, page) or ''
      local envelope = envelopes_of(span, pages[page])
      if envelope ~= '' then redis.call('HSET', keys.messages, sub(span, 1, ID_LENGTH), envelope) end
      depart(departures, span)
    end
  end
end
