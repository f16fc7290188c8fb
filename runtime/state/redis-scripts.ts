import { createHash } from 'node:crypto';
import { slots } from './rolling-window.ts';

/** A step that Redis does as a whole, nothing between. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** All servers go by the clock of Redis. `show`: numbers whole, as Redis would round them. */
const clock = `
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
local function show(number) return string.format('%.17g', number) end
`;

/** KEYS: value. ARGV: 1 when a value is expected, that value, 1 when there is a new one, that value, its lifetime or ''. */
export const replaceScript = script(`
local there = redis.call('GET', KEYS[1])
if ARGV[1] == '0' then
  if there then return 0 end
elseif there ~= ARGV[2] then
  return 0
end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
elseif ARGV[5] == '' then
  redis.call('SET', KEYS[1], ARGV[4])
else
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
end
return 1
`);

/** KEYS: counter. ARGV: amount, limit or '', lifetime. Gives: whether counted, value, when it begins anew. */
export const countScript = script(`${clock}
local amount, limit, lifetime = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local there = redis.call('HMGET', KEYS[1], 'value', 'expires')
local value, expires = tonumber(there[1] or nil), tonumber(there[2] or nil)
local fresh = not expires or expires <= now
if fresh then value, expires = 0, now + lifetime end
local sum = math.max(0, value + amount)
if amount > 0 and limit and sum > limit then return { 0, show(value), show(expires) } end
if sum ~= value then
  if fresh then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'value', show(sum), 'expires', show(expires))
    redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil(expires)))
  else
    redis.call('HSET', KEYS[1], 'value', show(sum))
  end
end
return { 1, show(sum), show(expires) }
`);

/** As the one before; a field for each slot of the window (rolling-window.ts), by its number since the epoch. */
export const rollingScript = script(`${clock}
local amount, limit, lifetime = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local width = lifetime / ${slots}
local slot = math.floor(now / width)
local there = redis.call('HGETALL', KEYS[1])
local counts, value, same, over = {}, 0, false, {}
for index = 1, #there, 2 do
  local field, number = there[index], tonumber(there[index + 1])
  if field == 'lifetime' then same = there[index + 1] == ARGV[3]
  elseif tonumber(field) and tonumber(field) >= slot - ${slots} then
    counts[tonumber(field)] = number
    value = value + number
  else over[#over + 1] = field end
end
if not same then counts, value = {}, 0 end
local counted = amount <= 0 or not limit or value + amount <= limit
if counted and amount ~= 0 then
  if not same then
    redis.call('DEL', KEYS[1])
    if amount > 0 then redis.call('HSET', KEYS[1], 'lifetime', ARGV[3]) end
  elseif #over > 0 then redis.call('HDEL', KEYS[1], unpack(over)) end
  if amount > 0 then
    counts[slot] = (counts[slot] or 0) + amount
    redis.call('HSET', KEYS[1], string.format('%.0f', slot), show(counts[slot]))
    redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil((slot + ${slots + 1}) * width)))
  else
    local left = -amount
    for number = slot, slot - ${slots}, -1 do
      if counts[number] and left > 0 then
        local back = math.min(left, counts[number])
        counts[number] = counts[number] - back
        left = left - back
        redis.call('HSET', KEYS[1], string.format('%.0f', number), show(counts[number]))
      end
    end
  end
  value = math.max(0, value + amount)
end
local expires = now + lifetime
for number = slot - ${slots}, slot do
  if counts[number] and counts[number] > 0 then
    expires = math.ceil((number + ${slots + 1}) * width)
    break
  end
end
return { counted and 1 or 0, show(value), show(expires) }
`);

/** KEYS: pacer. ARGV: microseconds. */
export const paceScript = script(`${clock}
local last = tonumber(redis.call('GET', KEYS[1]) or nil)
if last and micros >= last and micros - last < tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', micros), 'PX', string.format('%.0f', math.ceil(ARGV[1] / 1000) + 1))
return 1
`);

/**
 * KEYS: number of the last write, numbers of the writes by key. ARGV: a number, what comes before keys of values.
 * Gives the number of the last write, then of each key that was written later: key, 1 when it has a value, the value.
 */
export const sinceScript = script(`
local answer = { redis.call('GET', KEYS[1]) or '0' }
if tonumber(answer[1]) == tonumber(ARGV[1]) then return answer end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf')) do
  local value = redis.call('GET', ARGV[2] .. key)
  answer[#answer + 1] = key
  answer[#answer + 1] = value and 1 or 0
  answer[#answer + 1] = value or ''
end
return answer
`);

/**
 * KEYS: as before, then those of values. ARGV: number that the last write must have, how many of the keys are known by
 * number, channel, length of what comes before keys of values; then of each key: 1 when there is a value, the value.
 * Gives the new number; 0: the last write is another one.
 */
export const appendScript = script(`
if tonumber(redis.call('GET', KEYS[1]) or '0') ~= tonumber(ARGV[1]) then return 0 end
local revision = redis.call('INCR', KEYS[1])
for index = 3, #KEYS do
  local at = 5 + (index - 3) * 2
  if ARGV[at] == '1' then redis.call('SET', KEYS[index], ARGV[at + 1]) else redis.call('DEL', KEYS[index]) end
  if index - 3 < tonumber(ARGV[2]) then
    redis.call('ZADD', KEYS[2], revision, string.sub(KEYS[index], tonumber(ARGV[4]) + 1))
  end
end
redis.call('PUBLISH', ARGV[3], revision)
return revision
`);

/**
 * KEYS: last step of a writer, then sums. ARGV: number of the step, milliseconds that it is remembered; then of each sum:
 * its addition as JSON, lifetime or ''. A sum is a list of numbers, or of names with their numbers.
 */
export const addScript = script(`
if tonumber(redis.call('GET', KEYS[1]) or '0') >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for index = 2, #KEYS do
  local added, lifetime = cjson.decode(ARGV[index * 2 - 1]), ARGV[index * 2]
  local there = redis.call('GET', KEYS[index])
  local sum = there and cjson.decode(there) or {}
  for at, one in ipairs(added) do
    if type(one) == 'number' then
      sum[at] = (sum[at] or 0) + one
    else
      local found = false
      for _, pair in ipairs(sum) do
        if pair[1] == one[1] then pair[2], found = pair[2] + one[2], true end
      end
      if not found then sum[#sum + 1] = one end
    end
  end
  redis.call('SET', KEYS[index], cjson.encode(sum))
  if lifetime ~= '' then redis.call('PEXPIRE', KEYS[index], lifetime) end
end
return 1
`);
