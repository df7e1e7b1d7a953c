import { render } from 'preact'
import { follow } from './api/live.ts'
import { App } from './app.tsx'
import { showTheme } from './state/theme.ts'
import { followVersion } from './state/version.ts'

showTheme()
followVersion()
follow()
render(<App />, document.getElementById('app')!)
