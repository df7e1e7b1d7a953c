import type { Traffic } from '../api/shapes.ts'
import { Chart } from './chart.tsx'
import { duration, percent, perSecond } from './numbers.ts'

/** Requests, failures and times of everything together. */
export function TrafficCharts({ traffic }: { readonly traffic: Traffic }) {
  const { stepSeconds } = traffic
  // The last step is still going on.
  const whole = Math.max(1, traffic.steps - 1)
  const seconds = whole * stepSeconds
  const requests = traffic.total.requests.slice(0, whole)
  const shares = requests.map((one, at) => (one === 0 ? 0 : (traffic.total.errors[at] ?? 0) / one))
  return (
    <div class="charts">
      <Chart
        title="Requests"
        seconds={seconds}
        least={1}
        say={perSecond}
        series={[{ label: 'requests', look: 'first', values: requests.map((one) => one / stepSeconds) }]}
      />
      <Chart
        title="Server errors"
        seconds={seconds}
        least={0.01}
        say={percent}
        series={[{ label: 'of requests', look: shares.some((share) => share > 0) ? 'bad' : 'first', values: shares }]}
      />
      <Chart
        title="Time to answer"
        seconds={seconds}
        least={10}
        say={duration}
        series={[
          { label: 'p50', look: 'first', values: traffic.total.p50.slice(0, whole) },
          { label: 'p99', look: 'second', values: traffic.total.p99.slice(0, whole) },
        ]}
      />
    </div>
  )
}
