import { render } from 'preact'
import { follow } from './api/live.ts'
import { App } from './app.tsx'
import { followProblems } from './state/problems.ts'
import { showTheme } from './state/theme.ts'

showTheme()
followProblems()
follow()
render(<App />, document.getElementById('app')!)
