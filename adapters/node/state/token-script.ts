/**
 * Takes a token, in one step on the server. Key: a hash with `last` (µs since 1970) and `tokens`, as Traefik keeps
 * them. Arguments: tokens per µs, burst, seconds until an idle bucket goes, µs since 1970, longest wait in µs. Answer:
 * 1 or 0 for granted, the wait in µs as text.
 *
 * Proxies' clocks are never quite the same. Time does not go back, or each of two would add what the other is ahead;
 * only a `last` farther ahead than a bucket lives is that of a clock put right since.
 */
export const takeTokensScript = `
local key = KEYS[1]
local rate, burst, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now, longest = tonumber(ARGV[4]), tonumber(ARGV[5])
local state = redis.call('HMGET', key, 'last', 'tokens')
local last, tokens = tonumber(state[1] or ''), tonumber(state[2] or '')
if not last or not tokens then
  last, tokens = now, burst
elseif last > now + ttl * 1000000 then
  last = now
end
if now > last then
  tokens = tokens + (now - last) * rate
  last = now
end
tokens = math.min(burst, tokens) - 1
local wait = 0
if tokens < 0 then wait = -tokens / rate end
local granted = wait <= longest
if not granted then tokens = tokens + 1 end
redis.call('HSET', key, 'last', string.format('%.0f', last), 'tokens', string.format('%.17g', tokens))
redis.call('EXPIRE', key, ttl)
return { granted and 1 or 0, string.format('%.17g', wait) }
`
