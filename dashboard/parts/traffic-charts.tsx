import type { Traffic } from '../api/shapes.ts'
import { Chart } from './chart.tsx'
import { duration, percent, perSecond } from './numbers.ts'

/** Requests, failures and times of everything together. */
export function TrafficCharts({ traffic: { total, stepSeconds, steps } }: { readonly traffic: Traffic }) {
  const seconds = Math.max(steps, 1) * stepSeconds
  const shares = total.requests.map((requests, at) => (requests === 0 ? 0 : (total.errors[at] ?? 0) / requests))
  return (
    <div class="charts">
      <Chart
        title="Requests"
        seconds={seconds}
        least={1}
        say={perSecond}
        series={[{ label: 'requests', look: 'first', values: total.requests.map((requests) => requests / stepSeconds) }]}
      />
      <Chart
        title="Server errors"
        seconds={seconds}
        least={0.01}
        say={percent}
        series={[{ label: 'of requests', look: 'bad', values: shares }]}
      />
      <Chart
        title="Time to answer"
        seconds={seconds}
        least={10}
        say={duration}
        series={[
          { label: 'median', look: 'first', values: total.p50 },
          { label: '99 %', look: 'second', values: total.p99 },
        ]}
      />
    </div>
  )
}
