-- One line of JSON at the end of a run of wrk; other scripts add to it.
function report(summary, latency, more)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"maxMs":%.3f,"bytes":%d,"statusErrors":%d,"socketErrors":%d%s}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, summary.bytes, errors.status, errors.connect + errors.read + errors.write + errors.timeout, more))
end

function done(summary, latency)
  report(summary, latency, "")
end
